// SPDX-License-Identifier: Apache-2.0
// Which frames a network device gives to its driver. virtio 1.2, 5.1.6.5.1 to 5.1.6.5.3.
//
// A table holds 64 addresses; a driver that sets more of a class, unicast or multicast, gets all of
// that class. VLANs are a bit each. Frames with a priority tag (VLAN 0) belong to none and pass.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/rt.h"
#include "virtio/net_wire.h"

namespace takt::virtio {

class NetFilter {
 public:
  static constexpr std::size_t most_addresses = 64;
  static constexpr std::uint16_t all_vlans = 4096;
  /// Of a frame: what takes() looks at.
  static constexpr std::size_t head_bytes = ethernet_bytes + vlan_tag_bytes;

  /// In the order of VIRTIO_NET_CTRL_RX_*.
  enum class Mode : std::uint8_t { promisc, all_multi, all_uni, no_multi, no_uni, no_broadcast };
  static constexpr std::size_t all_modes = 6;

  struct Table {
    std::array<MacAddress, most_addresses> macs{};
    std::uint32_t count = 0;
    bool overflow = false;

    void clear() RT { count = 0, overflow = false; }
    void add(const MacAddress& mac) RT;
    [[nodiscard]] bool has(const MacAddress& mac) const RT;
  };
  struct State {
    MacAddress mac{};
    std::array<bool, all_modes> modes{};
    bool by_vlan = false;
    Table unicast;
    Table multicast;
    std::array<std::uint64_t, all_vlans / 64> vlans{};
  };

  /// As a reset leaves it. A driver that cannot set the filter, as it has not negotiated CTRL_RX,
  /// gets everything; one that has, the frames to `mac` and to all.
  void reset(const MacAddress& mac, bool by_address, bool by_vlan) RT;

  void set_mac(const MacAddress& mac) RT { s_.mac = mac; }
  void set_mode(Mode mode, bool on) RT { s_.modes[static_cast<std::size_t>(mode)] = on; }
  [[nodiscard]] Table& unicast() RT { return s_.unicast; }
  [[nodiscard]] Table& multicast() RT { return s_.multicast; }
  /// `vlan` is below 4096.
  void set_vlan(std::uint16_t vlan, bool on) RT;

  /// There is no need to look at a frame.
  [[nodiscard]] bool takes_all() const RT { return is(Mode::promisc); }
  /// `head` is the frame's beginning, an Ethernet header at least; `head_bytes` are enough.
  [[nodiscard]] bool takes(std::span<const std::uint8_t> head) const RT;

  [[nodiscard]] const State& state() const RT { return s_; }

 private:
  [[nodiscard]] bool is(Mode mode) const RT { return s_.modes[static_cast<std::size_t>(mode)]; }
  [[nodiscard]] bool takes_vlan(std::span<const std::uint8_t> head) const RT;
  [[nodiscard]] bool takes_address(const MacAddress& to) const RT;

  State s_;
};

}  // namespace takt::virtio
