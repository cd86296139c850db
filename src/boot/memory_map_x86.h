// SPDX-License-Identifier: Apache-2.0
// The memory map that a guest is told: one list, which each boot protocol writes in its own layout.
// Types are those of ACPI 6.5, 15 "System Address Map Interfaces" (INT 15h, E820h).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/units.h"
#include "boot/placement.h"
#include "bus/guest_mem.h"

namespace takt {

enum class MapType : std::uint32_t { usable = 1, reserved = 2 };

struct MapEntry {
  GpaRange range;
  MapType type = MapType::usable;
  friend constexpr bool operator==(const MapEntry& a, const MapEntry& b) {
    return a.range.start == b.range.start && a.range.size == b.range.size && a.type == b.type;
  }
};

/// RAM is usable, except from 0x9fc00 to 1 MiB (see low_memory_x86.h) and in `reserved`, which may
/// lie in RAM or outside (MMIO that the guest must not take for free address space). Ascending by
/// start; usable entries do not overlap anything.
[[nodiscard]] std::vector<MapEntry> memory_map(const GuestMem& mem,
                                               std::span<const GpaRange> reserved = {});

}  // namespace takt
