// SPDX-License-Identifier: Apache-2.0
// How the boot vCPU of an x86 guest starts: what a loader (boot/) decides and kvm/ turns into
// KVM_SET_SREGS and KVM_SET_REGS. Two machine states cover every protocol that takt speaks:
//
//   protected32  Multiboot 0.6.96, 3.2 "Machine state", and Xen's x86/HVM direct boot ABI (PVH).
//                CR0.PE = 1, all other writable bits of CR0 and CR4 clear (no paging), EFER 0.
//                CS 32-bit read/execute, DS ES FS GS SS 32-bit read/write, base 0, limit 4 GiB.
//   long64       Linux Documentation/arch/x86/boot.rst, "64-bit Boot Protocol".
//                CR0.PE and CR0.PG, CR4.PAE, EFER.LME and EFER.LMA set; CR3 = `cr3`, an identity
//                map of the first 4 GiB. CS 64-bit code, the data segments flat.
//
// In both: RFLAGS = 2 (interrupts off, no VM86, no trap flag), TR an active TSS with base 0 and
// limit 0x67, no LDT, an empty IDT, every register that is not named below 0. No protocol promises
// a stack, so RSP is 0 too. The other vCPUs wait for INIT and SIPI.
#pragma once

#include <array>
#include <cstdint>

#include "base/units.h"

namespace takt {

enum class StartMode : std::uint8_t { protected32, long64 };

/// Selectors in both modes; boot.rst names these two (__BOOT_CS and __BOOT_DS).
inline constexpr std::uint16_t start_cs = 0x10;
inline constexpr std::uint16_t start_ds = 0x18;

using StartGdt = std::array<std::uint64_t, 4>;

/// The descriptors behind those selectors: null, null, code, data. Intel SDM volume 3A, 3.4.5.
/// Accessed bits are set, so that what KVM is given and what is in memory are the same.
[[nodiscard]] constexpr StartGdt start_gdt(StartMode mode) {
  constexpr std::uint64_t code32 = 0x00cf'9b00'0000'ffff;  // G D P S, execute/read, limit 4 GiB
  constexpr std::uint64_t code64 = 0x00af'9b00'0000'ffff;  // G L P S, execute/read
  constexpr std::uint64_t data = 0x00cf'9300'0000'ffff;    // G B P S, read/write, limit 4 GiB
  return {0, 0, mode == StartMode::long64 ? code64 : code32, data};
}

struct StartState {
  StartMode mode = StartMode::protected32;
  std::uint64_t rip = 0;
  std::uint64_t rax = 0;  // Multiboot: 0x2badb002
  std::uint64_t rbx = 0;  // Multiboot: information structure; PVH: hvm_start_info
  std::uint64_t rsi = 0;  // Linux: zero page (struct boot_params)
  Gpa cr3;                // long64 only: PML4
  Gpa gdt;                // where the loader has put start_gdt(mode)
  std::uint16_t gdt_limit = sizeof(StartGdt) - 1;
};

}  // namespace takt
