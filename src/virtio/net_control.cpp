// SPDX-License-Identifier: Apache-2.0
// What a network device does of the commands in its control queue. virtio 1.2, 5.1.6.5.
#include <algorithm>
#include <array>

#include "virtio/net.h"

namespace takt::virtio {

/// Whether it was done; nothing is done in part.
bool Net::command(NetCommand command, const Chain& chain) RT {
  switch (command.of_class) {
    case net_command::class_rx: return rx_command(command.code, chain);
    case net_command::class_mac: return mac_command(command.code, chain);
    case net_command::class_vlan: return vlan_command(command.code, chain);
    case net_command::class_mq: return mq_command(command, chain);
    case net_command::class_guest_offloads: return offloads_command(command.code, chain);
    default: return false;
  }
}

/// 5.1.6.5.1.
bool Net::rx_command(std::uint8_t command, const Chain& chain) RT {
  using enum NetFilter::Mode;
  constexpr std::array modes{promisc, all_multi, all_uni, no_multi, no_uni, no_broadcast};
  const std::uint64_t needs = command < 2 ? net_feature::ctrl_rx : net_feature::ctrl_rx_extra;
  const auto on = command_data<std::uint8_t>(chain);
  if (command >= modes.size() || !has(needs) || !on || *on > 1) return false;
  shared_.filter.set_mode(modes[command], *on == 1);
  return true;
}

/// 5.1.6.5.2.
bool Net::mac_command(std::uint8_t command, const Chain& chain) RT {
  if (command == net_command::mac_table_set)
    return has(net_feature::ctrl_rx) && set_mac_tables(chain);
  const auto mac = command_data<MacAddress>(chain);
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
  std::uint64_t at = NetCommand::bytes;
  for (Entries& table : tables) {
    const auto count = command_data<std::uint32_t>(chain, at);
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
      to[t]->add(command_data<MacAddress>(chain, tables[t].at + i * sizeof(MacAddress))
                     .value_or(MacAddress{}));
  }
  return true;
}

/// 5.1.6.5.3.
bool Net::vlan_command(std::uint8_t command, const Chain& chain) RT {
  const auto vlan = command_data<std::uint16_t>(chain);
  if (!has(net_feature::ctrl_vlan) || !vlan || *vlan >= NetFilter::all_vlans) return false;
  if (command != net_command::vlan_add && command != net_command::vlan_del) return false;
  shared_.filter.set_vlan(*vlan, command == net_command::vlan_add);
  return true;
}

/// 5.1.6.5.5.
bool Net::mq_command(NetCommand command, const Chain& chain) RT {
  const auto pairs =
      has(net_feature::mq) ? pairs_wanted(command, chain, ports_.size()) : std::nullopt;
  if (pairs) set_pairs(*pairs);
  return pairs.has_value();
}

/// 5.1.6.5.6: what was negotiated can be switched off and on again.
bool Net::offloads_command(std::uint8_t command, const Chain& chain) RT {
  constexpr std::uint64_t offloads = net_feature::guest_csum | net_feature::guest_tso4 |
                                     net_feature::guest_tso6 | net_feature::guest_ecn |
                                     net_feature::guest_ufo;
  const auto bits = command_data<std::uint64_t>(chain);
  if (command != net_command::guest_offloads_set || !bits) return false;
  if (!has(net_feature::ctrl_guest_offloads) || (*bits & ~(s_.features & offloads)) != 0)
    return false;
  set_driver_work(*bits);
  return true;
}

}  // namespace takt::virtio
