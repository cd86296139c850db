// SPDX-License-Identifier: Apache-2.0
// Registers of configuration space, type 0 header: PCI Local Bus Specification 3.0, 6.1 to 6.3.
#pragma once

#include <cstdint>

#include "base/bits.h"

namespace takt::pci {

enum Reg : std::uint8_t {
  vendor_id = 0x00,
  device_id = 0x02,
  command = 0x04,
  status = 0x06,
  revision_id = 0x08,
  class_code = 0x09,
  cache_line_size = 0x0c,
  latency_timer = 0x0d,
  header_type = 0x0e,
  bist = 0x0f,
  bar0 = 0x10,
  bar_end = 0x28,
  subsystem_vendor_id = 0x2c,
  subsystem_id = 0x2e,
  expansion_rom = 0x30,
  capabilities_pointer = 0x34,
  interrupt_line = 0x3c,
  interrupt_pin = 0x3d,
  first_capability = 0x40,
};

/// 6.2.2.
struct Command {
  using interrupt_disable = Field<10, 10, std::uint16_t, bool>;
  using serr_enable = Field<8, 8, std::uint16_t, bool>;
  using parity_error_response = Field<6, 6, std::uint16_t, bool>;
  using bus_master = Field<2, 2, std::uint16_t, bool>;
  using memory_space = Field<1, 1, std::uint16_t, bool>;
  using io_space = Field<0, 0, std::uint16_t, bool>;
  static constexpr std::uint16_t writable = interrupt_disable::mask | serr_enable::mask |
                                            parity_error_response::mask | bus_master::mask |
                                            memory_space::mask | io_space::mask;
};

/// 6.2.3.
struct Status {
  using capabilities_list = Field<4, 4, std::uint16_t, bool>;
  using interrupt_status = Field<3, 3, std::uint16_t, bool>;
};

/// Capability identifiers: PCI Code and ID Assignment Specification, 2.
enum CapabilityId : std::uint8_t { message_signaled = 0x05, vendor_specific = 0x09, msi_x = 0x11 };

/// Slot and function of bus 0, as in the ECAM and in requester ids.
[[nodiscard]] constexpr std::uint16_t devfn_of(unsigned slot) {
  return static_cast<std::uint16_t>(slot << 3);
}

}  // namespace takt::pci
