// SPDX-License-Identifier: Apache-2.0
#include "boot/pvh_x86.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <vector>

#include "boot/elf_load.h"
#include "boot/elf_x86.h"
#include "boot/layout.h"
#include "boot/low_memory_x86.h"
#include "boot/memory_map_x86.h"

namespace takt {
namespace {

struct StartInfo {
  std::uint32_t magic = 0x336e'c578;
  std::uint32_t version = 1;
  std::uint32_t flags = 0;
  std::uint32_t nr_modules = 0;
  std::uint64_t modlist_paddr = 0;
  std::uint64_t cmdline_paddr = 0;
  std::uint64_t rsdp_paddr = 0;
  std::uint64_t memmap_paddr = 0;
  std::uint32_t memmap_entries = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(StartInfo) == 56 && offsetof(StartInfo, memmap_paddr) == 40);

struct ModlistEntry {
  std::uint64_t paddr = 0;
  std::uint64_t size = 0;
  std::uint64_t cmdline_paddr = 0;
  std::uint64_t reserved = 0;
};
static_assert(sizeof(ModlistEntry) == 32);

struct MemmapEntry {
  std::uint64_t addr = 0;
  std::uint64_t size = 0;
  std::uint32_t type = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(MemmapEntry) == 24);

/// The note's descriptor: 4 bytes, or 8 in Linux's 64-bit builds.
Result<std::optional<std::uint64_t>> find_entry(const ElfImage& elf,
                                                std::span<const std::byte> file) {
  constexpr std::uint32_t xen_elfnote_phys32_entry = 18;
  const auto desc = elf.find_note(file, "Xen", xen_elfnote_phys32_entry);
  if (!desc) return std::nullopt;
  std::uint64_t entry = 0;
  if (desc->size() == 4)
    entry = get(*desc, At<std::uint32_t>{0});
  else if (desc->size() == 8)
    entry = get(*desc, At<std::uint64_t>{0});
  else
    return usage_error(
        fmt::format("has a PVH note of {} bytes, not 4 or 8; it is damaged", desc->size()));
  const bool loaded = std::ranges::any_of(elf.loads(), [&](const ElfSegment& s) {
    return GpaRange{Gpa{s.paddr}, s.file_bytes}.contains(Gpa{entry});
  });
  if (!loaded || entry >= 4_GiB)
    return usage_error(
        fmt::format("has its PVH entry at {:#x}, outside what it loads; it is damaged", entry));
  return entry;
}

std::uint32_t write_memory_map(const GuestMem& mem, std::span<const GpaRange> reserved) {
  std::vector<MemmapEntry> out;
  for (const MapEntry& e : memory_map(mem, reserved))
    out.push_back({e.range.start.raw(), e.range.size, std::to_underlying(e.type)});
  if (!mem.write(low_memory::info_memory_map, std::as_bytes(std::span{out})))
    VMM_BUG("no RAM in the first MiB");
  return static_cast<std::uint32_t>(out.size());
}

}  // namespace

Result<bool> has_pvh_note(const ElfImage& elf, std::span<const std::byte> file) {
  TRY(const auto entry, find_entry(elf, file));
  return entry.has_value();
}

Result<StartState> load_pvh(const GuestMem& mem, const Payload& payload) {
  TRY(const ElfImage elf, ElfImage::parse(payload.kernel, elf_x86));
  TRY(const auto entry, find_entry(elf, payload.kernel));
  if (!entry) return usage_error("has no PVH note");
  TRY_VOID(low_memory::write_string(mem, low_memory::command_line, payload.cmdline,
                                    low_memory::command_line_bytes - 1, "command line"));
  TRY(const auto kernel, load_segments(mem, payload.kernel, elf, low_memory::taken));
  StartInfo info;
  info.cmdline_paddr = low_memory::command_line.raw();
  info.rsdp_paddr = payload.rsdp.raw();
  if (payload.initrd) {
    TRY(const GpaRange initrd, load_initrd(mem, *payload.initrd, Gpa{4_GiB}, kernel));
    low_memory::store(mem, low_memory::module_list, ModlistEntry{initrd.start.raw(), initrd.size});
    info.nr_modules = 1;
    info.modlist_paddr = low_memory::module_list.raw();
  }
  info.memmap_paddr = low_memory::info_memory_map.raw();
  info.memmap_entries = write_memory_map(mem, payload.reserved);
  low_memory::store(mem, low_memory::boot_info, info);
  StartState start = low_memory::write_gdt(mem, StartMode::protected32);
  start.rip = *entry;
  start.rbx = low_memory::boot_info.raw();
  return start;
}

}  // namespace takt
