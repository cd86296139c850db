// SPDX-License-Identifier: Apache-2.0
#include "virtio/net.h"

#include <algorithm>

#include "virtio/config_bytes.h"
#include "virtio/net_offloads.h"

namespace takt::virtio {
namespace {

constexpr std::size_t usual_mtu = 1500;

std::uint64_t offered(std::span<FramePort* const> ports, const NetOptions& options) {
  std::uint64_t bits = net_feature::mac | net_feature::status | net_feature::mrg_rxbuf |
                       net_feature::ctrl_vq | net_feature::ctrl_rx | net_feature::ctrl_rx_extra |
                       net_feature::ctrl_vlan | net_feature::ctrl_mac_addr |
                       net_feature::speed_duplex;
  const std::uint64_t receive = receive_features(receive_offloads(ports));
  if (receive != 0) bits |= net_feature::ctrl_guest_offloads;
  if (options.mtu) bits |= net_feature::mtu;
  if (ports.size() > 1) bits |= net_feature::mq;
  return bits | send_features(send_offloads(ports)) | receive;
}

}  // namespace

Net::Net(std::span<FramePort* const> ports, const NetOptions& options, Bell& bell)
    : ports_{ports.begin(), ports.end()},
      options_{options},
      offered_{offered(ports, options)},
      bell_{bell},
      sizes_(2 * ports.size(), options.queue_size) {
  sizes_.push_back(NetControlQueue::size);
  for (FramePort* port : ports_) {
    receivers_.emplace_back(ports_, shared_);
    senders_.emplace_back(*port, shared_);
  }
  s_.mac = options_.mac;
}

// --- configuration ---

void Net::set_link(bool up) RT {
  link_.store(up, std::memory_order_release);
  bell_.ring();
}

std::uint64_t Net::read_config(std::uint64_t offset, Width width) RT {
  const bool link = link_.load(std::memory_order_acquire);
  const NetConfig config{.mac = s_.mac,
                         .status = link ? NetConfig::link_up : std::uint16_t{0},
                         .max_virtqueue_pairs = static_cast<std::uint16_t>(ports_.size()),
                         .mtu = options_.mtu.value_or(0),
                         .speed = options_.speed_mbps};
  return read_bytes(config, offset, width);
}

/// 5.1.4: all fields are the device's.
void Net::write_config(std::uint64_t, Width, std::uint64_t) RT { ++counters_.config_writes; }

void Net::see_link() RT {
  const bool link = link_.load(std::memory_order_acquire);
  if (link == s_.link) return;
  s_.link = shared_.link = link;
  if (s_.running && has(net_feature::status)) shared_.interrupts->config_changed();
}

// --- life ---

void Net::start(std::uint64_t features, std::span<Virtqueue> queues, Interrupts& interrupts) RT {
  s_.features = features;
  queues_ = queues;
  shared_.interrupts = &interrupts;
  see_link();
  share_features();
  s_.running = true;
  for (unsigned queue = 0; queue < queues.size(); ++queue)
    if (queues[queue].enabled()) start_queue(queue);
  set_pairs(1);
}

void Net::share_features() RT {
  shared_.mergeable = has(net_feature::mrg_rxbuf);
  shared_.mtu = has(net_feature::mtu) ? options_.mtu.value_or(0) : std::uint16_t{0};
  shared_.usual_bytes =
      std::max<std::size_t>(options_.mtu.value_or(0), usual_mtu) + ethernet_bytes + vlan_tag_bytes;
  shared_.device_work = device_work(s_.features);
  const bool control = has(net_feature::ctrl_vq);
  shared_.filter.reset(s_.mac, control && has(net_feature::ctrl_rx),
                       control && has(net_feature::ctrl_vlan));
  set_driver_work(s_.features);
}

void Net::set_driver_work(std::uint64_t bits) RT {
  shared_.driver_work = driver_work(bits);
  for (FramePort* port : ports_) port->set_receive_offloads(shared_.driver_work);
}

unsigned Net::control_index() const RT {
  return NetControlQueue::index(s_.features, ports_.size());
}

void Net::start_queue(unsigned queue) RT {
  if (queue == control_index()) {
    if (has(net_feature::ctrl_vq)) control_.start(queues_[queue], queue);
  } else if (queue < control_index()) {
    const unsigned pair = queue / 2;
    if (queue % 2 == 0)
      receivers_[pair].start(queues_[queue], queue);
    else
      senders_[pair].start(queues_[queue], queue);
  }
}

/// 5.1.6.5.5: the others' queues are left alone.
void Net::set_pairs(std::size_t pairs) RT {
  s_.pairs = pairs;
  next_pair_ = 0;
  for (std::size_t i = 0; i < receivers_.size(); ++i) receivers_[i].leave_ports();
  for (std::size_t i = 0; i < pairs; ++i) receivers_[i].set_ports(i, pairs);
  for (std::size_t i = pairs; i < senders_.size(); ++i) senders_[i].rest();
}

bool Net::stop() RT {
  for (NetReceiver& receiver : receivers_) {
    receiver.stop();
    receiver.leave_ports();
  }
  for (NetSender& sender : senders_) sender.stop();
  set_driver_work(0);
  control_.stop();
  queues_ = {};
  s_ = {.mac = options_.mac, .link = s_.link};
  return true;
}

bool Net::stop_queue(unsigned queue) RT {
  if (queue == control_index())
    control_.stop();
  else if (queue < control_index() && queue % 2 == 0)
    receivers_[queue / 2].stop();
  else if (queue < control_index())
    senders_[queue / 2].stop();
  return true;
}

void Net::restart_queue(unsigned queue) RT { start_queue(queue); }

void Net::notified(unsigned queue) RT {
  if (queue < control_index() && queue % 2 == 1) senders_[queue / 2].notified();
}

// --- work ---

Worked Net::work() RT {
  see_link();
  if (!s_.running) return Worked::nothing;
  NetBudget budget;
  Batch all =
      control_.turn(shared_.chain, *shared_.interrupts, budget,
                    [this](NetCommand one, const Chain& chain) RT { return command(one, chain); });
  bool did = all.did;
  while (budget.left()) {
    const Batch one = round(budget);
    did = did || one.did;
    if (one.more) continue;
    all.more = all.more || sleep();
    break;
  }
  next_pair_ = (next_pair_ + 1) % s_.pairs;
  for (NetSender& sender : senders_) sender.end_turn();
  if (!budget.left() || all.more) return Worked::some;
  return did ? Worked::all : Worked::nothing;
}

/// A batch of each queue, beginning with another pair in each turn.
Batch Net::round(NetBudget& budget) RT {
  Batch all;
  for (std::size_t i = 0; i < s_.pairs; ++i) {
    const std::size_t pair = (next_pair_ + i) % s_.pairs;
    for (const Batch& one : {receivers_[pair].batch(budget), senders_[pair].batch(budget)}) {
      all.did = all.did || one.did;
      all.more = all.more || one.more;
    }
  }
  return all;
}

bool Net::sleep() RT {
  bool more = control_.sleep();
  for (std::size_t pair = 0; pair < s_.pairs; ++pair) {
    more = receivers_[pair].sleep() || more;
    more = senders_[pair].sleep() || more;
  }
  return more;
}

}  // namespace takt::virtio
