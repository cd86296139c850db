// SPDX-License-Identifier: Apache-2.0
// ELF files for arm64: bare-metal programs and real-time operating systems. There is no protocol
// but Linux's for the machine's state: segments are loaded to their physical addresses, and the
// entry is entered with the MMU off, so it is a physical address as well. (vmlinux is no such file:
// it is linked to virtual addresses and wants to be an Image.)
#pragma once

#include <elf.h>

#include <cstddef>
#include <span>

#include "base/result.h"
#include "boot/elf.h"
#include "boot/loaded_arm64.h"
#include "bus/guest_mem.h"

namespace takt {

/// 64-bit and little-endian only.
inline constexpr ElfTarget elf_arm64{
    .name = "arm64", .machine64 = EM_AARCH64, .machine32 = EM_NONE};

[[nodiscard]] Result<LoadedKernel> load_elf(const GuestMem& mem, std::span<const std::byte> file);

}  // namespace takt
