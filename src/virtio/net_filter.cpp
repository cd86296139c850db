// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_filter.h"

#include <algorithm>

namespace takt::virtio {
namespace {

constexpr MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
constexpr std::uint16_t tag_8021q = 0x8100;
constexpr std::uint16_t vlan_mask = 0x0fff;

std::uint16_t be16(std::span<const std::uint8_t> bytes, std::size_t at) RT {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace

void NetFilter::Table::add(const MacAddress& mac) RT {
  if (count == macs.size())
    overflow = true;
  else
    macs[count++] = mac;
}

bool NetFilter::Table::has(const MacAddress& mac) const RT {
  const auto used = std::span{macs}.first(count);
  return overflow || std::ranges::find(used, mac) != used.end();
}

void NetFilter::reset(const MacAddress& mac, bool by_address, bool by_vlan) RT {
  s_.mac = mac;
  s_.modes = {};
  s_.by_vlan = by_vlan;
  s_.unicast.clear();
  s_.multicast.clear();
  s_.vlans = {};
  set_mode(Mode::promisc, !by_address && !by_vlan);
  set_mode(Mode::all_uni, !by_address);
  set_mode(Mode::all_multi, !by_address);
}

void NetFilter::set_vlan(std::uint16_t vlan, bool on) RT {
  const std::uint64_t bit = std::uint64_t{1} << vlan % 64;
  std::uint64_t& word = s_.vlans[vlan / 64];
  word = on ? word | bit : word & ~bit;
}

bool NetFilter::takes(std::span<const std::uint8_t> head) const RT {
  if (is(Mode::promisc)) return true;
  if (head.size() < ethernet_bytes) return false;
  MacAddress to;
  std::ranges::copy(head.first(to.size()), to.begin());
  return takes_address(to) && takes_vlan(head);
}

bool NetFilter::takes_vlan(std::span<const std::uint8_t> head) const RT {
  if (!s_.by_vlan || be16(head, 12) != tag_8021q || head.size() < head_bytes) return true;
  const std::uint16_t vlan = be16(head, 14) & vlan_mask;
  return vlan == 0 || (s_.vlans[vlan / 64] >> vlan % 64 & 1) != 0;
}

bool NetFilter::takes_address(const MacAddress& to) const RT {
  if (to == broadcast) return !is(Mode::no_broadcast);
  if ((to[0] & 1) != 0) return !is(Mode::no_multi) && (is(Mode::all_multi) || s_.multicast.has(to));
  return !is(Mode::no_uni) && (is(Mode::all_uni) || to == s_.mac || s_.unicast.has(to));
}

}  // namespace takt::virtio
