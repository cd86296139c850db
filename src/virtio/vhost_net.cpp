// SPDX-License-Identifier: Apache-2.0
#include "virtio/vhost_net.h"

#include <algorithm>

#include "virtio/config_bytes.h"
#include "virtio/net_offloads.h"

namespace takt::virtio {
namespace {

std::uint64_t offered(std::span<VhostPort* const> ports) {
  const VhostPort& port = *ports.front();
  const std::uint64_t several = ports.size() > 1 ? net_feature::ctrl_vq | net_feature::mq : 0;
  return net_feature::mac | net_feature::status | net_feature::speed_duplex | several |
         (port.features() & net_feature::mrg_rxbuf) | send_features(port.send_offloads()) |
         receive_features(port.receive_offloads());
}

}  // namespace

VhostNet::VhostNet(std::span<VhostPort* const> ports, const MacAddress& mac,
                   std::uint16_t queue_size)
    : ports_{ports.begin(), ports.end()},
      mac_{mac},
      offered_{offered(ports)},
      sizes_(ports.size() * VhostPort::queues, queue_size) {
  if (ports_.size() > 1) sizes_.push_back(NetControlQueue::size);
}

unsigned VhostNet::frame_queues() const RT {
  return static_cast<unsigned>(ports_.size() * VhostPort::queues);
}

bool VhostNet::accepts(std::uint64_t features) const RT {
  return (features & net_feature::ctrl_vq) == 0 || (features & net_feature::mq) != 0;
}

// --- configuration ---

std::uint64_t VhostNet::read_config(std::uint64_t offset, Width width) RT {
  const NetConfig config{.mac = mac_,
                         .status = NetConfig::link_up,
                         .max_virtqueue_pairs = static_cast<std::uint16_t>(ports_.size())};
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
  for (unsigned queue = 0; queue < queues_.size(); ++queue)
    if (queues_[queue].enabled()) restart_queue(queue);
  set_pairs(1);
  for (VhostPort* port : ports_) port->set_receive_offloads(driver_work(features));
}

bool VhostNet::stop() RT {
  for (Queue& queue : s_.queues) queue.enabled = false;
  control_.stop();
  if (any_with_kernel()) return false;
  for (VhostPort* port : ports_) port->set_receive_offloads({});
  s_ = {};
  queues_ = {};
  return true;
}

bool VhostNet::stop_queue(unsigned queue) RT {
  if (is_control(queue)) {
    control_.stop();
    return true;
  }
  s_.queues[queue].enabled = false;
  return !s_.queues[queue].with_kernel;
}

void VhostNet::restart_queue(unsigned queue) RT {
  if (!is_control(queue))
    s_.queues[queue] = {.enabled = true};
  else if ((s_.features & net_feature::ctrl_vq) != 0)
    control_.start(queues_[queue], queue);
}

/// work() hands the queues over again, where they are then.
void VhostNet::rest() RT { take_all_back(); }

void VhostNet::notified(unsigned queue) RT {
  if (queue < frame_queues() && s_.queues[queue].with_kernel)
    port_of(queue).kick(queue % VhostPort::queues);
}

/// 5.1.6.5.5.
void VhostNet::set_pairs(std::size_t pairs) RT {
  s_.pairs = pairs;
  if (ports_.size() == 1) return;
  for (std::size_t pair = 0; pair < ports_.size(); ++pair) ports_[pair]->set_in_use(pair < pairs);
}

bool VhostNet::any_with_kernel() const RT {
  return std::ranges::any_of(s_.queues, &Queue::with_kernel);
}

// --- work ---

Worked VhostNet::work() RT {
  if (!s_.running) return Worked::nothing;
  NetBudget budget;
  const auto done = [this](NetCommand one, const Chain& chain) RT { return command(one, chain); };
  const Batch commands = control_.turn(chain_, *interrupts_, budget, done);
  for (unsigned queue = 0; queue < frame_queues(); ++queue) settle(queue);
  for (unsigned queue = 0; queue < frame_queues(); ++queue) look_after(queue);
  if (commands.more || control_.sleep()) return Worked::some;
  return commands.did ? Worked::all : Worked::nothing;
}

bool VhostNet::command(NetCommand command, const Chain& chain) RT {
  const bool is_mq =
      command.of_class == net_command::class_mq && (s_.features & net_feature::mq) != 0;
  const auto pairs = is_mq ? pairs_wanted(command, chain, ports_.size()) : std::nullopt;
  if (pairs) set_pairs(*pairs);
  return pairs.has_value();
}

void VhostNet::settle(unsigned queue) RT {
  const Queue& q = s_.queues[queue];
  const bool wanted = q.enabled && queue < s_.pairs * VhostPort::queues;
  if (wanted && !q.with_kernel) hand_over(queue);
  if (!wanted && q.with_kernel) take_back(queue);
}

void VhostNet::look_after(unsigned queue) RT {
  if (!s_.queues[queue].with_kernel) return;
  if (port_of(queue).take_used(queue % VhostPort::queues)) {
    ++counters_.relayed;
    interrupts_->queue_used(queue);
  }
  if (port_of(queue).take_broken(queue % VhostPort::queues)) {
    ++counters_.broken;
    give_up();
  }
}

/// What the driver made available before counts as notified.
void VhostNet::hand_over(unsigned queue) RT {
  const SplitQueue::Rings rings = queues_[queue].split_rings();
  const unsigned in_pair = queue % VhostPort::queues;
  const bool first = !s_.queues[queue ^ 1U].with_kernel;
  VhostPort& port = port_of(queue);
  const VhostRing ring{.size = rings.size,
                       .next = s_.queues[queue].next,
                       .desc = rings.desc,
                       .avail = rings.avail,
                       .used = rings.used,
                       .interrupt = interrupts_->event(queue)};
  if ((first && !port.set_features(s_.features)) || !port.start(in_pair, ring)) {
    ++counters_.refused;
    return give_up();
  }
  s_.queues[queue].with_kernel = true;
  port.kick(in_pair);
}

void VhostNet::take_back(unsigned queue) RT {
  s_.queues[queue].next = port_of(queue).stop(queue % VhostPort::queues);
  s_.queues[queue].with_kernel = false;
}

void VhostNet::take_all_back() RT {
  for (unsigned queue = 0; queue < frame_queues(); ++queue)
    if (s_.queues[queue].with_kernel) take_back(queue);
}

/// Until the driver resets the device.
void VhostNet::give_up() RT {
  take_all_back();
  for (Queue& queue : s_.queues) queue.enabled = false;
  interrupts_->needs_reset();
}

}  // namespace takt::virtio
