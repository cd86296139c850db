// SPDX-License-Identifier: Apache-2.0
// The first MiB of an x86 guest as the loaders leave it. Only what the protocol of the payload
// needs is written; everything else reads zero.
//
//   0x000000 +---------------------------+
//            | free (no BIOS, no vectors)|
//   0x000500 +---------------------------+
//            | GDT, 4 descriptors        |  all protocols
//   0x000520 +---------------------------+
//            | free                      |
//   0x006000 +---------------------------+
//            | hvm_start_info or         |  PVH, Multiboot
//            | Multiboot information     |
//   0x006100 |  module list              |
//   0x006180 |  boot loader name         |
//   0x006200 |  memory map               |
//   0x007000 +---------------------------+
//            | zero page (boot_params)   |  Linux
//   0x008000 +---------------------------+
//            | free                      |
//   0x009000 +---------------------------+
//            | PML4, PDPT, 4 directories |  Linux
//   0x00f000 +---------------------------+
//            | free                      |
//   0x020000 +---------------------------+
//            | command line, <= 64 KiB   |  all protocols
//   0x030000 +---------------------------+
//            | module string, <= 4 KiB   |  Multiboot
//   0x031000 +---------------------------+
//            | free                      |
//   0x09fc00 +---------------------------+  reserved in the memory map from here on
//            | where a BIOS has its EBDA,|
//            | video memory and ROMs     |
//   0x0e0000 +---------------------------+
//            | ACPI tables               |
//   0x100000 +---------------------------+
//            | kernels                   |
//
// The Multiboot specification (3.3) lets the boot loader put its structures anywhere; an image
// that has a segment in a free part of low memory (the start-up code of secondary processors, for
// example) can have it.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/result.h"
#include "base/units.h"
#include "boot/memory_map_x86.h"
#include "boot/placement.h"
#include "bus/guest_mem.h"
#include "kvm/start_x86.h"

namespace takt::low_memory {

inline constexpr Gpa gdt{0x500};
inline constexpr Gpa boot_info{0x6000};
inline constexpr Gpa module_list{0x6100};
inline constexpr Gpa loader_name{0x6180};
inline constexpr Gpa info_memory_map{0x6200};
inline constexpr Gpa zero_page{0x7000};
inline constexpr Gpa pml4{0x9000};
inline constexpr Gpa pdpt{0xa000};
inline constexpr Gpa page_directories{0xb000};
inline constexpr Gpa command_line{0x2'0000};
inline constexpr Gpa module_string{0x3'0000};
inline constexpr Gpa usable_end{0x9'fc00};
inline constexpr Gpa acpi_tables{0xe'0000};
inline constexpr Gpa end{0x10'0000};

inline constexpr std::uint64_t command_line_bytes = module_string - command_line;
inline constexpr std::uint64_t module_string_bytes = 0x1000;

/// The longest memory map that has room at `info_memory_map` (24-byte entries) and in the zero
/// page.
inline constexpr std::size_t max_map_entries = 128;
static_assert(info_memory_map.raw() + max_map_entries * 24 <= zero_page.raw());

/// Puts start_gdt(mode) at `gdt` and returns a StartState with mode and GDT filled in. This and the
/// functions below need RAM at [0, 1 MiB); load_payload() has made sure of that.
[[nodiscard]] StartState write_gdt(const GuestMem& mem, StartMode mode);

/// Page tables that map the first 4 GiB to themselves with 2 MiB pages, read/write/execute, PML4 at
/// `pml4`. (1 GiB pages would be four entries, but a nested host need not have them.)
void write_identity_map(const GuestMem& mem);

/// Writes `text` and a terminating zero at `at`. Errors are those of check_string().
[[nodiscard]] Result<> write_string(const GuestMem& mem, Gpa at, std::string_view text,
                                    std::uint64_t max, std::string_view what);

/// Stores a structure in the first MiB.
template <class T>
void store(const GuestMem& mem, Gpa at, const T& value) {
  if (!mem.store(at, value)) VMM_BUG("no RAM in the first MiB");
}

/// What a kernel that starts by PVH or Multiboot must not lie on.
inline constexpr std::array<NamedRange, 4> taken{{
    {{gdt, sizeof(StartGdt)}, "the boot GDT"},
    {{boot_info, zero_page - boot_info}, "the boot information"},
    {{command_line, module_string + module_string_bytes - command_line}, "the command line"},
    {{usable_end, end - usable_end}, "the BIOS and ACPI area"},
}};

}  // namespace takt::low_memory
