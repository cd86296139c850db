// SPDX-License-Identifier: Apache-2.0
// An ELF kernel started by Xen's x86/HVM direct boot ABI ("PVH"): Xen docs/misc/pvh, the note in
// xen/include/public/elfnote.h, the structures in xen/include/public/arch-x86/hvm/start_info.h,
// version 1. Linux (CONFIG_PVH), FreeBSD and several unikernels have the entry. Nothing else of Xen
// is provided: no hypercalls, no Xen CPUID leaves.
#pragma once

#include <cstddef>
#include <span>

#include "base/result.h"
#include "boot/elf.h"
#include "boot/payload_x86.h"
#include "bus/guest_mem.h"
#include "kvm/start_x86.h"

namespace takt {

/// Whether `elf` says where it wants to be started. An error when it does but makes no sense.
[[nodiscard]] Result<bool> has_pvh_note(const ElfImage& elf, std::span<const std::byte> file);

/// ebx of the StartState is the physical address of hvm_start_info. The initrd is the one module,
/// below 4 GiB: Linux takes only 32 bits of its address.
[[nodiscard]] Result<StartState> load_pvh(const GuestMem& mem, const Payload& payload);

}  // namespace takt
