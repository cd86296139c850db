// SPDX-License-Identifier: Apache-2.0
#include "x86/apic.h"

#include <utility>

#include "x86/cpu.h"

namespace probe::x86::apic {
namespace {

constexpr std::uintptr_t xapic_base = 0xfee0'0000;

// IA32_APIC_BASE
constexpr std::uint64_t global_enable = 1u << 11;
constexpr std::uint64_t x2apic_enable = 1u << 10;

constexpr std::uint32_t software_enable = 1u << 8;  // spurious-interrupt vector register
constexpr std::uint32_t spurious_vector = 0xff;
constexpr std::uint32_t lvt_mask = 1u << 16;

// Interrupt command register, low half.
constexpr std::uint32_t delivery_init = 5u << 8;
constexpr std::uint32_t delivery_startup = 6u << 8;
constexpr std::uint32_t delivery_status = 1u << 12;
constexpr std::uint32_t level_assert = 1u << 14;
constexpr std::uint32_t shorthand_self = 1u << 18;

constinit bool x2apic = false;

bool cpu_has_x2apic() { return (cpuid(1).ecx >> 21 & 1) != 0; }

/// xAPIC only: until the command before is accepted, but not for ever.
void wait_until_sent() {
  const std::uintptr_t icr = xapic_base + std::to_underlying(Register::icr_low);
  for (unsigned i = 0; i < 100'000 && (read32(icr) & delivery_status) != 0; ++i) pause();
}

void send(std::uint32_t apic_id, std::uint32_t command) {
  if (x2apic) return wrmsr(Msr::ia32_x2apic_icr, std::uint64_t{apic_id} << 32 | command);
  wait_until_sent();
  write(Register::icr_high, apic_id << 24);
  write(Register::icr_low, command);
}

}  // namespace

void enable() {
  x2apic = cpu_has_x2apic();
  const std::uint64_t base = rdmsr(Msr::ia32_apic_base) | global_enable;
  wrmsr(Msr::ia32_apic_base, base);
  if (x2apic) wrmsr(Msr::ia32_apic_base, base | x2apic_enable);
  write(Register::spurious_interrupt_vector, software_enable | spurious_vector);
  write(Register::lvt_lint0, lvt_mask);
  write(Register::lvt_lint1, lvt_mask);
}

bool is_x2apic() { return x2apic; }

void write(Register reg, std::uint32_t value) {
  const std::uint32_t offset = std::to_underlying(reg);
  if (!x2apic) return write32(xapic_base + offset, value);
  wrmsr(Msr{std::to_underlying(Msr::x2apic_base) + offset / 16}, value);
}

void send_self(std::uint8_t vector) {
  if (x2apic) return wrmsr(Msr::ia32_x2apic_self_ipi, vector);
  write(Register::icr_low, shorthand_self | level_assert | vector);
}

void send_fixed(std::uint32_t apic_id, std::uint8_t vector) {
  send(apic_id, level_assert | vector);
}

void send_init(std::uint32_t apic_id) { send(apic_id, delivery_init | level_assert); }

void send_startup(std::uint32_t apic_id, std::uint8_t page) {
  send(apic_id, delivery_startup | level_assert | page);
}

}  // namespace probe::x86::apic
