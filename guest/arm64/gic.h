// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "arm64/entry.h"
#include "arm64/interrupts.h"

/// The interrupt controller: GICv3 by system registers (Arm IHI 0069) or GICv2 (Arm IHI 0048). The
/// timer and the IPIs only, all of one priority.
namespace probe::arm64 {

struct GicDriver {
  /// Once, on the boot CPU. False if it is not what the device tree says.
  bool (*start_distributor)();
  /// What each CPU has for itself, with the identifiers of `Interrupt` enabled. False as above.
  bool (*start_cpu)();
  /// The interrupt that is now active; its identifier is in bits 9..0.
  std::uint32_t (*acknowledge)();
  void (*end)(std::uint32_t acknowledged);
  void (*send_self)(std::uint32_t sgi);
  /// To the CPU with this affinity; version 2: to the CPU that called `start_cpu` last.
  void (*send)(std::uint64_t affinity, std::uint32_t sgi);
};
extern const GicDriver gic_v2;
extern const GicDriver gic_v3;

/// By `platform()`.
inline const GicDriver& gic() { return platform().gic.version == 2 ? gic_v2 : gic_v3; }

constexpr std::uint32_t interrupt_id_mask = 0x3ff;
/// Of `Interrupt`, a bit each, for the registers of the identifiers 0..31.
constexpr std::uint32_t enabled_interrupts =
    1u << static_cast<unsigned>(Interrupt::self_ipi) |
    1u << static_cast<unsigned>(Interrupt::second_cpu_ipi) |
    1u << static_cast<unsigned>(Interrupt::timer);
/// One priority for four of them.
constexpr std::uint32_t interrupt_priorities = 0xa0a0'a0a0;

/// From here on an identifier says that there is nothing to handle or to end.
constexpr std::uint32_t special_interrupts = 1020;

}  // namespace probe::arm64
