// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_phy.h"

namespace takt::e1000 {
namespace {

// What the guest may write; the others are read only.
constexpr std::array<std::uint16_t, 32> writable = [] {
  std::array<std::uint16_t, 32> masks{};
  masks[0] = 0x7d80;  // reset and restart clear themselves
  masks[4] = 0xbfff;
  masks[7] = 0xb7ff;
  masks[9] = 0xff00;
  masks[16] = 0xffff;
  masks[18] = 0xffff;
  masks[20] = 0xffff;
  for (std::size_t n = 22; n < 32; ++n) masks[n] = 0xffff;
  return masks;
}();

}  // namespace

void Phy::reset() RT {
  regs_ = {};
  regs_[control] = 0x1140;  // negotiate, full duplex, 1000 Mb/s
  regs_[status] = 0x7949;   // link and negotiated are added when it is read
  regs_[id1] = 0x0141;      // Marvell
  regs_[id2] = 0x0c20;      // 88E1000 as in the 82540
  regs_[advertisement] = 0x0de1;
  regs_[partner] = 0x41e1;    // acknowledged: 10 and 100 Mb/s, both duplexes, no pause
  regs_[expansion] = 0x0001;  // the partner negotiates
  regs_[gigabit_control] = 0x0e00;
  regs_[gigabit_status] = 0x3c00;   // receivers are well, the partner does 1000 Mb/s
  regs_[extended_status] = 0x3000;  // 1000BASE-T, both duplexes
  regs_[specific_control] = 0x0068;
  regs_[extended_control] = 0x0d60;
}

std::uint16_t Phy::read(std::uint32_t reg) RT {
  constexpr std::uint16_t up = 0xac00;  // 1000 Mb/s, full duplex, resolved, link
  switch (reg % 32) {
    case status: return read_status();
    case partner: return link_ ? regs_[partner] : std::uint16_t{0};
    case gigabit_status: return link_ ? regs_[gigabit_status] : std::uint16_t{0};
    case specific_status: return link_ ? up : std::uint16_t{0};
    case interrupt_status: {
      const std::uint16_t value = regs_[interrupt_status];
      regs_[interrupt_status] = 0;
      return value;
    }
    default: return regs_[reg % 32];
  }
}

std::uint16_t Phy::read_status() RT {
  std::uint16_t value = regs_[status];
  if (link_) value |= status_negotiated;
  if (link_ && !link_was_down_) value |= status_link;
  link_was_down_ = !link_;
  return value;
}

void Phy::write(std::uint32_t reg, std::uint16_t value) RT {
  const std::size_t n = reg % 32;
  if (n == control && (value & (reset_bit | restart_bit)) != 0) renegotiated_ = true;
  if (n == control && (value & reset_bit) != 0) return reset();
  regs_[n] = static_cast<std::uint16_t>((regs_[n] & ~writable[n]) | (value & writable[n]));
}

void Phy::set_link(bool up) RT {
  constexpr std::uint16_t link_changed = 0x0400;
  if (up != link_) regs_[interrupt_status] |= link_changed;
  if (!up) link_was_down_ = true;
  link_ = up;
}

}  // namespace takt::e1000
