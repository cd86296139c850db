// SPDX-License-Identifier: Apache-2.0
// Copies the segments of an ELF file to the physical addresses they ask for, as all boot protocols
// that take ELF files do. Set-up only.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "base/result.h"
#include "boot/elf.h"
#include "boot/placement.h"
#include "bus/guest_mem.h"

namespace takt {

/// Copies every PT_LOAD segment to its p_paddr. Memory beyond the file's bytes (.bss) is left
/// alone: fresh guest memory reads zero. All segments are checked before the first is copied: each
/// is RAM, clear of `taken`, and none overlaps another. Returns what they occupy.
[[nodiscard]] Result<std::vector<GpaRange>> load_segments(const GuestMem& mem,
                                                          std::span<const std::byte> file,
                                                          const ElfImage& elf,
                                                          std::span<const NamedRange> taken);

}  // namespace takt
