// SPDX-License-Identifier: Apache-2.0
#include "boot/low_memory_x86.h"

#include <fmt/format.h>

#include <array>

namespace takt::low_memory {
namespace {

struct NamedRange {
  GpaRange range;
  std::string_view name;
};

/// What a kernel that starts by PVH or Multiboot must not lie on.
constexpr std::array<NamedRange, 4> taken{{
    {{gdt, sizeof(StartGdt)}, "the boot GDT"},
    {{boot_info, zero_page - boot_info}, "the boot information"},
    {{command_line, module_string + module_string_bytes - command_line}, "the command line"},
    {{usable_end, end - usable_end}, "the BIOS and ACPI area"},
}};

}  // namespace

StartState write_gdt(const GuestMem& mem, StartMode mode) {
  store(mem, gdt, start_gdt(mode));
  StartState start;
  start.mode = mode;
  start.gdt = gdt;
  return start;
}

void write_identity_map(const GuestMem& mem) {
  // Intel SDM volume 3A, 4.5 "4-level paging": present, writable, and in a directory entry PS.
  constexpr std::uint64_t table = 0x03;
  constexpr std::uint64_t page_2mib = 0x83;
  constexpr std::size_t per_table = 512;
  using Table = std::array<std::uint64_t, per_table>;

  store(mem, pml4, pdpt.raw() | table);
  for (std::uint64_t gib = 0; gib < 4; ++gib) {
    const Gpa directory = page_directories + gib * sizeof(Table);
    store(mem, pdpt + gib * 8, directory.raw() | table);
    Table pages;
    for (std::uint64_t i = 0; i < per_table; ++i) pages[i] = (gib * 1_GiB + i * 2_MiB) | page_2mib;
    store(mem, directory, pages);
  }
}

Result<> write_string(const GuestMem& mem, Gpa at, std::string_view text, std::uint64_t max,
                      std::string_view what) {
  if (text.size() > max)
    return usage_error(
        fmt::format("the {} has {} bytes; this kernel takes at most {}", what, text.size(), max));
  if (text.find('\0') != text.npos)
    return usage_error(fmt::format("the {} has a zero byte in it; remove it", what));
  if (!mem.write(at, std::as_bytes(std::span{text}))) VMM_BUG("no RAM in the first MiB");
  store(mem, at + text.size(), '\0');
  return {};
}

Result<> check_kernel_range(const GuestMem& mem, GpaRange range) {
  if (~range.start.raw() < range.size)
    return usage_error(
        fmt::format("the kernel has {:#x} bytes to load at {:#x}, past the end of "
                    "the address space; the file is damaged",
                    range.size, range.start.raw()));
  for (const NamedRange& t : taken)
    if (range.overlaps(t.range))
      return usage_error(fmt::format(
          "the kernel wants to be at {:#x}-{:#x}, which overlaps {} at {:#x}-{:#x}; link it at "
          "1 MiB or above",
          range.start.raw(), range.end().raw(), t.name, t.range.start.raw(), t.range.end().raw()));
  if (mem.slice(range.start, range.size)) return {};
  // RAM below 4 GiB ends at about 3 GiB whatever --memory is: more would not help.
  const std::string remedy = range.end() <= Gpa{2_GiB}
                                 ? fmt::format("use {} or more", memory_option(range.end()))
                                 : "link it lower";
  return usage_error(
      fmt::format("the kernel wants to be at {:#x}-{:#x}, which is not all guest memory ({}); {}",
                  range.start.raw(), range.end().raw(), size_text(mem.total_bytes()), remedy));
}

}  // namespace takt::low_memory
