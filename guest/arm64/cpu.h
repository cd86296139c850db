// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The instructions that C++ has no words for. Arm ARM DDI 0487, C6; system registers in D19.
namespace probe::arm64 {

/// MRS and MSR, the register by the assembler's name.
#define PROBE_READ(name)                         \
  ([] {                                          \
    std::uint64_t value;                         \
    asm volatile("mrs %0, " name : "=r"(value)); \
    return value;                                \
  }())
#define PROBE_WRITE(name, value) \
  asm volatile("msr " name ", %0" : : "r"(static_cast<std::uint64_t>(value)) : "memory")

inline void isb() { asm volatile("isb" : : : "memory"); }
/// All that was stored is seen by all CPUs before anything later.
inline void dsb() { asm volatile("dsb sy" : : : "memory"); }
inline void wfi() { asm volatile("wfi" : : : "memory"); }
inline void yield() { asm volatile("yield" : : : "memory"); }
inline void mask_interrupts() { asm volatile("msr daifset, #2" : : : "memory"); }
inline void unmask_interrupts() { asm volatile("msr daifclr, #2" : : : "memory"); }

/// The virtual counter, after all earlier instructions and before all later ones.
inline std::uint64_t counter() {
  isb();
  const std::uint64_t ticks = PROBE_READ("cntvct_el0");
  isb();
  return ticks;
}

// One load or store each, of a form that the syndrome describes to a VMM (ESR_EL2.ISV).
inline std::uint32_t read32(std::uintptr_t address) {
  std::uint32_t value;
  asm volatile("ldr %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return value;
}
inline void write32(std::uintptr_t address, std::uint32_t value) {
  asm volatile("str %w1, [%0]" : : "r"(address), "r"(value) : "memory");
}
inline std::uint8_t read8(std::uintptr_t address) {
  std::uint32_t value;
  asm volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(address) : "memory");
  return static_cast<std::uint8_t>(value);
}
inline void write8(std::uintptr_t address, std::uint8_t value) {
  asm volatile("strb %w1, [%0]" : : "r"(address), "r"(std::uint32_t{value}) : "memory");
}

/// Aff3 in bits 39..32, Aff2..0 in 23..0, as in a device tree's `reg`.
constexpr std::uint64_t affinity_mask = 0xff'00ff'ffff;
inline std::uint64_t affinity() { return PROBE_READ("mpidr_el1") & affinity_mask; }

}  // namespace probe::arm64
