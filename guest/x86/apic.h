// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The local APIC of the CPU that calls: x2APIC mode where CPUID has it, xAPIC at its reset
/// address otherwise. Intel SDM vol. 3A, chapter "Advanced Programmable Interrupt Controller".
namespace probe::x86::apic {

/// Offsets of the memory-mapped registers; the x2APIC MSR is 0x800 + offset / 16.
enum class Register : std::uint32_t {
  eoi = 0x0b0,
  spurious_interrupt_vector = 0x0f0,
  icr_low = 0x300,
  icr_high = 0x310,
  lvt_timer = 0x320,
  lvt_lint0 = 0x350,
  lvt_lint1 = 0x360,
};

/// Enables the APIC of this CPU with LINT0 and LINT1 masked. Call once on each CPU, boot CPU first.
void enable();
bool is_x2apic();
void write(Register reg, std::uint32_t value);
inline void end_of_interrupt() { write(Register::eoi, 0); }

void send_self(std::uint8_t vector);
void send_fixed(std::uint32_t apic_id, std::uint8_t vector);
void send_init(std::uint32_t apic_id);
/// The CPU starts in real mode at `page` << 12.
void send_startup(std::uint32_t apic_id, std::uint8_t page);

}  // namespace probe::x86::apic
