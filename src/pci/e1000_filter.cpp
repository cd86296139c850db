// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_filter.h"

#include <array>

namespace takt::e1000 {
namespace {

std::uint64_t address_at(std::span<const std::uint8_t> frame, std::size_t at) RT {
  std::uint64_t address = 0;
  for (std::size_t n = 6; n > 0; --n) address = address << 8 | frame[at + n - 1];
  return address;  // the first byte lowest, as in RAL
}

bool matches_receive_address(const Words& words, std::span<const std::uint8_t> frame) RT {
  const std::uint64_t destination = address_at(frame, 0);
  const std::uint64_t source = address_at(frame, 6);
  for (std::size_t n = 0; n < 16; ++n) {
    const std::uint32_t high = words[word(Reg::RAH, 2 * n)];
    if (!Rah::av::get(high) || Rah::as::get(high) > 1) continue;
    const std::uint64_t wanted =
        std::uint64_t{Rah::high::get(high)} << 32 | words[word(Reg::RAL, 2 * n)];
    if (wanted == (Rah::as::get(high) == 0 ? destination : source)) return true;
  }
  return false;
}

/// 13.5.1: RCTL.MO chooses 12 bits of the upper 16 of the address.
bool matches_multicast_table(const Words& words, std::span<const std::uint8_t> frame) RT {
  static constexpr std::array<unsigned, 4> shifts{4, 3, 2, 0};
  const unsigned upper = static_cast<unsigned>(frame[5] << 8 | frame[4]);
  const unsigned bit = upper >> shifts[Rctl::mo::get(words[word(Reg::RCTL)])] & 0xfff;
  return (words[word(Reg::MTA, bit >> 5)] >> (bit & 31) & 1) != 0;
}

}  // namespace

Match match_address(const Words& words, std::span<const std::uint8_t> frame) RT {
  constexpr std::uint64_t broadcast = 0xffff'ffff'ffff;
  const std::uint32_t rctl = words[word(Reg::RCTL)];
  const bool multicast = (frame[0] & 1) != 0;
  if (matches_receive_address(words, frame)) return Match::exact;
  if (multicast && address_at(frame, 0) == broadcast && Rctl::bam::get(rctl)) return Match::exact;
  if (multicast && matches_multicast_table(words, frame)) return Match::inexact;
  if (multicast ? Rctl::mpe::get(rctl) : Rctl::upe::get(rctl)) return Match::inexact;
  return Match::none;
}

std::optional<std::uint16_t> vlan_tag(const Words& words, std::span<const std::uint8_t> frame) RT {
  if (frame.size() < ethernet_header_bytes + vlan_tag_bytes) return std::nullopt;
  if (be16(frame, 12) != words[word(Reg::VET)]) return std::nullopt;
  return be16(frame, 14);
}

bool match_vlan(const Words& words, std::uint16_t tag) RT {
  const std::uint32_t rctl = words[word(Reg::RCTL)];
  if (!Rctl::vfe::get(rctl)) return true;
  const unsigned id = tag & 0xfff;
  const bool cfi = (tag & 0x1000) != 0;
  if (Rctl::cfien::get(rctl) && cfi != Rctl::cfi::get(rctl)) return false;
  return (words[word(Reg::VFTA, id >> 5)] >> (id & 31) & 1) != 0;
}

ControlFrame control_frame(const Words& words, std::span<const std::uint8_t> frame) RT {
  constexpr std::uint16_t pause = 1;
  const std::uint32_t type = words[word(Reg::FCT)];
  if (type == 0 || frame.size() < ethernet_header_bytes + 4) return ControlFrame::no;
  if (be16(frame, 12) != type) return ControlFrame::no;
  if (be16(frame, 14) != pause) return ControlFrame::other;
  return be16(frame, 16) == 0 ? ControlFrame::xon : ControlFrame::xoff;
}

}  // namespace takt::e1000
