// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

/// The instructions that C++ has no words for. Intel SDM vol. 2; MSR numbers in vol. 4.
namespace probe::x86 {

struct CpuidResult {
  std::uint32_t eax, ebx, ecx, edx;
};

inline CpuidResult cpuid(std::uint32_t leaf, std::uint32_t subleaf = 0) {
  CpuidResult r;
  asm volatile("cpuid"
               : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
               : "a"(leaf), "c"(subleaf));
  return r;
}

enum class Msr : std::uint32_t {
  ia32_apic_base = 0x1b,
  ia32_tsc_deadline = 0x6e0,
  x2apic_base = 0x800,  // + offset of the xAPIC register / 16
  ia32_x2apic_icr = 0x830,
  ia32_x2apic_self_ipi = 0x83f,
  kvm_system_time_new = 0x4b56'4d01,  // Linux Documentation/virt/kvm/x86/msr.rst
};

inline std::uint64_t rdmsr(Msr msr) {
  std::uint32_t low, high;
  asm volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
  return std::uint64_t{high} << 32 | low;
}

inline void wrmsr(Msr msr, std::uint64_t value) {
  asm volatile("wrmsr"
               :
               : "c"(msr), "a"(static_cast<std::uint32_t>(value)),
                 "d"(static_cast<std::uint32_t>(value >> 32))
               : "memory");
}

inline void outb(std::uint16_t port, std::uint8_t value) {
  asm volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
inline void outl(std::uint16_t port, std::uint32_t value) {
  asm volatile("outl %0, %1" : : "a"(value), "Nd"(port) : "memory");
}
inline std::uint8_t inb(std::uint16_t port) {
  std::uint8_t value;
  asm volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}
inline std::uint32_t inl(std::uint16_t port) {
  std::uint32_t value;
  asm volatile("inl %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

inline void write32(std::uintptr_t address, std::uint32_t value) {
  asm volatile("movl %1, %0" : "=m"(*reinterpret_cast<std::uint32_t*>(address)) : "r"(value));
}
inline std::uint32_t read32(std::uintptr_t address) {
  std::uint32_t value;
  asm volatile("movl %1, %0" : "=r"(value) : "m"(*reinterpret_cast<std::uint32_t*>(address)));
  return value;
}

inline std::uint64_t rdtsc() {
  std::uint32_t low, high;
  asm volatile("rdtsc" : "=a"(low), "=d"(high) : : "memory");
  return std::uint64_t{high} << 32 | low;
}

/// RDTSC after all earlier instructions and before all later ones. SDM vol. 2B, RDTSC.
inline std::uint64_t rdtsc_fenced() {
  asm volatile("lfence" : : : "memory");
  const std::uint64_t tsc = rdtsc();
  asm volatile("lfence" : : : "memory");
  return tsc;
}

inline void mfence() { asm volatile("mfence" : : : "memory"); }
inline void pause() { asm volatile("pause" : : : "memory"); }
inline void cli() { asm volatile("cli" : : : "memory"); }
inline void sti() { asm volatile("sti" : : : "memory"); }
/// No interrupt can come between the two: STI holds them off for one instruction.
inline void sti_hlt() { asm volatile("sti; hlt" : : : "memory"); }
inline std::uint64_t read_cr2() {
  std::uint64_t value;
  asm volatile("movq %%cr2, %0" : "=r"(value));
  return value;
}

}  // namespace probe::x86
