// SPDX-License-Identifier: Apache-2.0
// Multiboot Specification version 0.6.96 (Multiboot 1): how bare-metal guests, real-time operating
// systems and kvm-unit-tests start. Loads ELF files by their program headers and any file by the
// address fields of its header; hands over memory sizes, memory map, command line, loader name and
// one module. Not provided: a video mode (a request for one is ignored, the frame buffer flags stay
// clear), drives, APM, symbols; Multiboot 2.
//
// Command line. The specification leaves its format open. QEMU and GRUB Legacy put the name of
// the kernel in front, and guests drop the first word (kvm-unit-tests: argv[0]); so takt does the
// same when Payload::kernel_name is not empty: "KERNEL_NAME CMDLINE". With an empty kernel_name the
// guest gets the user's command line as it is.
//
// ELF64. The specification knows 32-bit executables only, and QEMU refuses others. takt takes an
// x86-64 ELF too: the image is loaded by its program headers, its entry must be 32-bit code.
#pragma once

#include "base/result.h"
#include "boot/payload_x86.h"
#include "bus/guest_mem.h"
#include "kvm/start_x86.h"

namespace takt {

/// eax of the StartState is 0x2badb002, ebx the information structure. The module is page-aligned.
[[nodiscard]] Result<StartState> load_multiboot(const GuestMem& mem, const Payload& payload);

}  // namespace takt
