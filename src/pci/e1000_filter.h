// SPDX-License-Identifier: Apache-2.0
// Which frames the receiver takes: 317453, 3.2.1, 13.4.22 (RCTL), 13.5.1 (MTA), 13.5.2, 13.5.3
// (RAL, RAH), 13.5.4 (VFTA), 9.3 (VLAN).
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"
#include "pci/e1000_regs.h"

namespace takt::e1000 {

inline constexpr std::size_t ethernet_header_bytes = 14;
inline constexpr std::size_t vlan_tag_bytes = 4;

[[nodiscard]] constexpr std::uint16_t be16(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

enum class Match : std::uint8_t { none, exact, inexact };

/// The address filters. `frame` holds an Ethernet header at least.
[[nodiscard]] Match match_address(const Words& words, std::span<const std::uint8_t> frame) RT;

/// The tag's control information, when the frame is one of 802.1q by VET.
[[nodiscard]] std::optional<std::uint16_t> vlan_tag(const Words& words,
                                                    std::span<const std::uint8_t> frame) RT;

/// The VLAN filter, for a frame with that tag.
[[nodiscard]] bool match_vlan(const Words& words, std::uint16_t tag) RT;

enum class ControlFrame : std::uint8_t { no, xon, xoff, other };

/// Whether it is a MAC control frame by FCT, and which; 13.4.7 to 13.4.9.
[[nodiscard]] ControlFrame control_frame(const Words& words,
                                         std::span<const std::uint8_t> frame) RT;

}  // namespace takt::e1000
