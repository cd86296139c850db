// SPDX-License-Identifier: Apache-2.0
#include "virtio/vhost_net.h"

#include "virtio/config_bytes.h"
#include "virtio/net_offloads.h"
#include "virtio/net_wire.h"

namespace takt::virtio {
namespace {

std::uint64_t offered(const VhostPort& port) {
  return net_feature::mac | net_feature::status | net_feature::speed_duplex |
         (port.features() & net_feature::mrg_rxbuf) | send_features(port.send_offloads()) |
         receive_features(port.receive_offloads());
}

}  // namespace

VhostNet::VhostNet(VhostPort& port, const MacAddress& mac, std::uint16_t queue_size)
    : port_{port}, mac_{mac}, offered_{offered(port)}, sizes_{queue_size, queue_size} {}

// --- configuration ---

std::uint64_t VhostNet::read_config(std::uint64_t offset, Width width) RT {
  const NetConfig config{.mac = mac_, .status = NetConfig::link_up, .max_virtqueue_pairs = 1};
  return read_bytes(config, offset, width);
}

/// 5.1.4: all fields are the device's.
void VhostNet::write_config(std::uint64_t, Width, std::uint64_t) RT { ++counters_.config_writes; }

// --- life: what is wanted; work() sees to it ---

void VhostNet::start(std::uint64_t features, std::span<Virtqueue> queues,
                     Interrupts& interrupts) RT {
  queues_ = queues;
  interrupts_ = &interrupts;
  s_ = {.running = true, .features = features};
  for (unsigned queue = 0; queue < VhostPort::queues; ++queue)
    s_.wanted[queue] = queues[queue].enabled();
  port_.set_receive_offloads(driver_work(features));
}

bool VhostNet::stop() RT {
  s_.wanted = {};
  if (s_.with_kernel != std::array<bool, VhostPort::queues>{}) return false;
  port_.set_receive_offloads({});
  s_ = {};
  queues_ = {};
  return true;
}

bool VhostNet::stop_queue(unsigned queue) RT {
  s_.wanted[queue] = false;
  return !s_.with_kernel[queue];
}

void VhostNet::restart_queue(unsigned queue) RT {
  s_.wanted[queue] = true;
  s_.next[queue] = 0;
}

/// work() hands the queues over again, where they are then.
void VhostNet::rest() RT {
  for (unsigned queue = 0; queue < VhostPort::queues; ++queue)
    if (s_.with_kernel[queue]) take_back(queue);
}

void VhostNet::notified(unsigned queue) RT {
  if (s_.with_kernel[queue]) port_.kick(queue);
}

// --- work ---

Worked VhostNet::work() RT {
  if (!s_.running) return Worked::nothing;
  for (unsigned queue = 0; queue < VhostPort::queues; ++queue) {
    if (s_.wanted[queue] && !s_.with_kernel[queue]) hand_over(queue);
    if (!s_.wanted[queue] && s_.with_kernel[queue]) take_back(queue);
    if (!s_.with_kernel[queue]) continue;
    if (port_.take_used(queue)) {
      ++counters_.relayed;
      interrupts_->queue_used(queue);
    }
    if (port_.take_broken(queue)) {
      ++counters_.broken;
      give_up();
    }
  }
  return Worked::nothing;
}

/// What the driver made available before counts as notified.
void VhostNet::hand_over(unsigned queue) RT {
  const SplitQueue::Rings rings = queues_[queue].split_rings();
  const bool first = s_.with_kernel == std::array<bool, VhostPort::queues>{};
  const VhostRing ring{.size = rings.size,
                       .next = s_.next[queue],
                       .desc = rings.desc,
                       .avail = rings.avail,
                       .used = rings.used,
                       .interrupt = interrupts_->event(queue)};
  if ((first && !port_.set_features(s_.features)) || !port_.start(queue, ring)) {
    ++counters_.refused;
    return give_up();
  }
  s_.with_kernel[queue] = true;
  port_.kick(queue);
}

void VhostNet::take_back(unsigned queue) RT {
  s_.next[queue] = port_.stop(queue);
  s_.with_kernel[queue] = false;
}

/// Until the driver resets the device.
void VhostNet::give_up() RT {
  for (unsigned queue = 0; queue < VhostPort::queues; ++queue)
    if (s_.with_kernel[queue]) take_back(queue);
  s_.wanted = {};
  interrupts_->needs_reset();
}

}  // namespace takt::virtio
