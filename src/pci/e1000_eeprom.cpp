// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_eeprom.h"

#include "pci/e1000_regs.h"

namespace takt::e1000 {

Eeprom::Eeprom(const MacAddress& mac) {
  for (std::size_t n = 0; n < 3; ++n)
    contents_[n] = static_cast<std::uint16_t>(mac[2 * n] | mac[2 * n + 1] << 8);
  contents_[0x08] = 0x4154;  // printed board assembly number, two words of the maker's choice
  contents_[0x09] = 0x4b54;
  contents_[0x0a] = 0x4400;  // initialization control 1: valid, full duplex
  contents_[0x0b] = 0x100e;  // subsystem
  contents_[0x0c] = 0x8086;  // subsystem vendor
  contents_[0x0d] = 0x100e;  // device
  contents_[0x0e] = 0x8086;  // vendor
  contents_[0x0f] = 0x0000;  // initialization control 2: no pause, no wake-up
  std::uint16_t total = 0;
  for (const std::uint16_t w : contents_) total = static_cast<std::uint16_t>(total + w);
  contents_[words - 1] = static_cast<std::uint16_t>(sum - total);
}

std::uint32_t Eeprom::read_by_eerd(std::uint32_t raw) const RT {
  if (!Eerd::start::get(raw)) return raw;
  const std::uint32_t address = Eerd::addr::get(raw);
  const std::uint16_t data = address < words ? word(address) : std::uint16_t{0xffff};
  return Eerd::done::set(Eerd::data::set(Eerd::start::set(raw, false), data), true);
}

void Eeprom::pins(bool cs, bool sk, bool di) RT {
  if (!cs || !selected_) {
    bits_in_ = 0;
    reading_ = false;
    data_out_ = true;
  }
  const bool rising = sk && !clock_;
  selected_ = cs;
  clock_ = sk;
  if (cs && rising) rising_edge(di);
}

void Eeprom::rising_edge(bool di) RT {
  if (reading_) {
    if (bits_out_ == 0) {  // a read goes on with the next word
      ++address_;
      bits_out_ = word_bits;
    }
    --bits_out_;
    data_out_ = (word(address_) >> bits_out_ & 1) != 0;
    return;
  }
  if (bits_in_ == 0 && !di) return;  // no start bit yet
  if (bits_in_ == 0) shift_in_ = 0;
  if (bits_in_ == command_bits) return;  // what follows a command that is not modelled
  shift_in_ = shift_in_ << 1 | (di ? 1 : 0);
  if (++bits_in_ == command_bits) command();
}

void Eeprom::command() RT {
  constexpr unsigned read_opcode = 0b110;  // with the start bit
  if (shift_in_ >> 6 != read_opcode) return;
  address_ = shift_in_ & 0x3f;
  bits_out_ = word_bits;
  reading_ = true;
  data_out_ = false;  // the dummy bit
}

}  // namespace takt::e1000
