// SPDX-License-Identifier: Apache-2.0
// The control queue of a network device. virtio 1.2, 5.1.6.5.
#include <algorithm>
#include <array>

#include "virtio/net.h"

namespace takt::virtio {
namespace {

constexpr unsigned commands_in_a_turn = 8;
constexpr std::uint64_t data_offset = 2;  // behind class and command

/// What follows class and command, when all of a T is there.
template <class T>
std::optional<T> data_of(const Chain& chain, std::uint64_t at = data_offset) RT {
  T value{};
  const std::size_t got = chain.read(at, std::as_writable_bytes(std::span{&value, 1}));
  return got == sizeof value ? std::optional{value} : std::nullopt;
}

}  // namespace

Batch Net::control(NetBudget& budget) RT {
  Batch batch;
  if (control_ == nullptr || control_broken_) return batch;
  unsigned done = 0;
  for (; done < commands_in_a_turn; ++done) {
    const Pop popped = control_->pop(shared_.chain);
    if (popped == Pop::broken) {
      control_broken_ = true;
      shared_.interrupts->needs_reset();
    }
    if (popped != Pop::chain) break;
    control_armed_ = false;
    budget.spend(shared_.chain.readable_bytes());
    ++counters_.commands;
    const std::byte ack{command(shared_.chain) ? net_command::ok : net_command::error};
    if (ack != std::byte{net_command::ok}) ++counters_.bad_commands;
    const std::size_t written = shared_.chain.write(0, {&ack, 1});
    control_->push(shared_.chain, static_cast<std::uint32_t>(written));
  }
  batch.did = done != 0;
  batch.more = done == commands_in_a_turn;
  if (done != 0 && control_->needs_interrupt()) shared_.interrupts->queue_used(control_index());
  return batch;
}

bool Net::control_sleep() RT {
  if (control_ == nullptr || control_broken_ || control_armed_) return false;
  control_armed_ = true;
  return control_->enable_kicks();
}

/// Whether it was done; nothing is done in part.
bool Net::command(const Chain& chain) RT {
  std::array<std::uint8_t, 2> head{};
  if (chain.read(0, std::as_writable_bytes(std::span{head})) != head.size()) return false;
  switch (head[0]) {
    case net_command::class_rx: return rx_command(head[1], chain);
    case net_command::class_mac: return mac_command(head[1], chain);
    case net_command::class_vlan: return vlan_command(head[1], chain);
    case net_command::class_mq: return mq_command(head[1], chain);
    case net_command::class_guest_offloads: return offloads_command(head[1], chain);
    default: return false;
  }
}

/// 5.1.6.5.1.
bool Net::rx_command(std::uint8_t command, const Chain& chain) RT {
  using enum NetFilter::Mode;
  constexpr std::array modes{promisc, all_multi, all_uni, no_multi, no_uni, no_broadcast};
  const std::uint64_t needs = command < 2 ? net_feature::ctrl_rx : net_feature::ctrl_rx_extra;
  const auto on = data_of<std::uint8_t>(chain);
  if (command >= modes.size() || !has(needs) || !on || *on > 1) return false;
  shared_.filter.set_mode(modes[command], *on == 1);
  return true;
}

/// 5.1.6.5.2.
bool Net::mac_command(std::uint8_t command, const Chain& chain) RT {
  if (command == net_command::mac_table_set)
    return has(net_feature::ctrl_rx) && set_mac_tables(chain);
  const auto mac = data_of<MacAddress>(chain);
  if (command != net_command::mac_addr_set || !has(net_feature::ctrl_mac_addr) || !mac)
    return false;
  s_.mac = *mac;
  shared_.filter.set_mac(*mac);
  return true;
}

/// Addresses beyond those that a table holds are not read.
bool Net::set_mac_tables(const Chain& chain) RT {
  struct Entries {
    std::uint64_t at = 0;
    std::uint32_t count = 0;
  };
  std::array<Entries, 2> tables;
  std::uint64_t at = data_offset;
  for (Entries& table : tables) {
    const auto count = data_of<std::uint32_t>(chain, at);
    if (!count) return false;
    at += sizeof *count;
    if ((chain.readable_bytes() - at) / sizeof(MacAddress) < *count) return false;
    table = {.at = at, .count = *count};
    at += std::uint64_t{*count} * sizeof(MacAddress);
  }
  std::array<NetFilter::Table*, 2> to{&shared_.filter.unicast(), &shared_.filter.multicast()};
  for (std::size_t t = 0; t < tables.size(); ++t) {
    to[t]->clear();
    const auto count = std::min<std::uint32_t>(tables[t].count, NetFilter::most_addresses + 1);
    for (std::uint32_t i = 0; i < count; ++i)
      to[t]->add(
          data_of<MacAddress>(chain, tables[t].at + i * sizeof(MacAddress)).value_or(MacAddress{}));
  }
  return true;
}

/// 5.1.6.5.3.
bool Net::vlan_command(std::uint8_t command, const Chain& chain) RT {
  const auto vlan = data_of<std::uint16_t>(chain);
  if (!has(net_feature::ctrl_vlan) || !vlan || *vlan >= NetFilter::all_vlans) return false;
  if (command != net_command::vlan_add && command != net_command::vlan_del) return false;
  shared_.filter.set_vlan(*vlan, command == net_command::vlan_add);
  return true;
}

/// 5.1.6.5.5.
bool Net::mq_command(std::uint8_t command, const Chain& chain) RT {
  const auto pairs = data_of<std::uint16_t>(chain);
  if (command != net_command::vq_pairs_set || !has(net_feature::mq) || !pairs) return false;
  if (*pairs == 0 || *pairs > ports_.size()) return false;
  set_pairs(*pairs);
  return true;
}

/// 5.1.6.5.6: what was negotiated can be switched off and on again.
bool Net::offloads_command(std::uint8_t command, const Chain& chain) RT {
  constexpr std::uint64_t offloads = net_feature::guest_csum | net_feature::guest_tso4 |
                                     net_feature::guest_tso6 | net_feature::guest_ecn |
                                     net_feature::guest_ufo;
  const auto bits = data_of<std::uint64_t>(chain);
  if (command != net_command::guest_offloads_set || !bits) return false;
  if (!has(net_feature::ctrl_guest_offloads) || (*bits & ~(s_.features & offloads)) != 0)
    return false;
  set_driver_work(*bits);
  return true;
}

}  // namespace takt::virtio
