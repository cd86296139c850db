// SPDX-License-Identifier: Apache-2.0
// The 82540EM's EEPROM: 64 words behind a Microwire interface that the guest drives bit by bit
// (317453, 13.4.3 EECD), and behind EERD, which reads a word at once (13.4.4). Its contents follow
// table 5-1; the sum of all words is 0xbaba (5.6.35). Writes are not modelled: it is protected.
#pragma once

#include <array>
#include <cstdint>

#include "base/rt.h"
#include "bus/frame_port.h"

namespace takt::e1000 {

class Eeprom {
 public:
  static constexpr std::size_t words = 64;
  static constexpr std::uint16_t sum = 0xbaba;

  explicit Eeprom(const MacAddress& mac);

  [[nodiscard]] std::uint16_t word(std::uint32_t address) const RT {
    return contents_[address % words];
  }
  /// EERD as it reads after a write of `raw`.
  [[nodiscard]] std::uint32_t read_by_eerd(std::uint32_t raw) const RT;

  /// The pins as EECD sets them now. Data are taken and given at the rising edge of SK.
  void pins(bool cs, bool sk, bool di) RT;
  [[nodiscard]] bool data_out() const RT { return data_out_; }

 private:
  static constexpr unsigned command_bits = 3 + 6;  // start, two of opcode, six of address
  static constexpr unsigned word_bits = 16;
  void rising_edge(bool di) RT;
  void command() RT;

  std::array<std::uint16_t, words> contents_{};
  bool selected_ = false;
  bool clock_ = false;
  bool data_out_ = true;
  bool reading_ = false;
  unsigned bits_in_ = 0;  // of the command, with the start bit
  unsigned shift_in_ = 0;
  unsigned bits_out_ = 0;  // left of the word
  unsigned address_ = 0;
};

}  // namespace takt::e1000
