// SPDX-License-Identifier: Apache-2.0
// The 82540EM's PHY, of Marvell's 88E1000 family, as its management registers show it: 317453,
// 13.4.6 (MDIC) and chapter 13.4.7; IEEE 802.3, clause 22. The partner offers everything up to 1000
// Mb/s full duplex and no pause; negotiation takes no time.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "base/rt.h"

namespace takt::e1000 {

class Phy {
 public:
  static constexpr std::uint32_t address = 1;

  Phy() { reset(); }

  [[nodiscard]] std::uint16_t read(std::uint32_t reg) RT;
  void write(std::uint32_t reg, std::uint16_t value) RT;
  void reset() RT;
  void set_link(bool up) RT;
  [[nodiscard]] bool link() const RT { return link_; }
  /// A write has reset it, or restarted negotiation, since this was asked.
  [[nodiscard]] bool renegotiated() RT { return std::exchange(renegotiated_, false); }
  /// PCTRL.Loopback: what is sent comes back.
  [[nodiscard]] bool loopback() const RT { return (regs_[control] & loopback_bit) != 0; }
  [[nodiscard]] bool powered_down() const RT { return (regs_[control] & power_down_bit) != 0; }

 private:
  enum Register : std::uint8_t {
    control = 0,
    status = 1,
    id1 = 2,
    id2 = 3,
    advertisement = 4,
    partner = 5,
    expansion = 6,
    gigabit_control = 9,
    gigabit_status = 10,
    extended_status = 15,
    specific_control = 16,
    specific_status = 17,
    interrupt_status = 19,
    extended_control = 20,
  };
  static constexpr std::uint16_t reset_bit = 0x8000;
  static constexpr std::uint16_t loopback_bit = 0x4000;
  static constexpr std::uint16_t power_down_bit = 0x0800;
  static constexpr std::uint16_t restart_bit = 0x0200;
  static constexpr std::uint16_t status_link = 0x0004;
  static constexpr std::uint16_t status_negotiated = 0x0020;

  [[nodiscard]] std::uint16_t read_status() RT;

  std::array<std::uint16_t, 32> regs_{};
  bool renegotiated_ = false;
  bool link_ = true;
  bool link_was_down_ = false;  // status.link latches low until it is read
};

}  // namespace takt::e1000
