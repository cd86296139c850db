// SPDX-License-Identifier: Apache-2.0
#include "boot/multiboot_x86.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "boot/elf_load.h"
#include "boot/elf_x86.h"
#include "boot/layout.h"
#include "boot/low_memory_x86.h"
#include "boot/memory_map_x86.h"
#include "boot/multiboot_header_x86.h"

namespace takt {
namespace {

// 3.3 "Boot information format".
constexpr At<std::uint32_t> info_flags{0};
constexpr At<std::uint32_t> info_mem_lower{4};
constexpr At<std::uint32_t> info_mem_upper{8};
constexpr At<std::uint32_t> info_cmdline{16};
constexpr At<std::uint32_t> info_mods_count{20};
constexpr At<std::uint32_t> info_mods_addr{24};
constexpr At<std::uint32_t> info_mmap_length{44};
constexpr At<std::uint32_t> info_mmap_addr{48};
constexpr At<std::uint32_t> info_boot_loader_name{64};
constexpr std::size_t info_bytes = 116;
using Info = std::array<std::byte, info_bytes>;

struct Module {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
  std::uint32_t string = 0;
  std::uint32_t reserved = 0;
};
static_assert(sizeof(Module) == 16);

/// With the leading size field, which does not count itself.
constexpr std::size_t map_entry_bytes = 24;

/// What a kind of image gives the common part: where it lies and where it starts.
struct Loaded {
  std::vector<GpaRange> ranges;
  std::uint64_t entry = 0;
};

std::uint32_t low32(Gpa gpa) { return static_cast<std::uint32_t>(gpa.raw()); }

Result<Loaded> load_flat(const GuestMem& mem, std::span<const std::byte> file,
                         const MultibootHeader& h) {
  TRY(const FlatExtent extent, flat_extent(h, file.size()));
  const GpaRange range{Gpa{h.load_addr}, extent.memory_bytes};
  TRY_VOID(check_kernel_range(mem, range, low_memory::taken));
  if (!mem.write(range.start, file.subspan(extent.file_start, extent.file_bytes)))
    VMM_BUG("a checked image is not RAM");
  return Loaded{{range}, h.entry_addr};
}

/// e_entry is a virtual address; paging is off, so it is entered at the physical address of the
/// same byte. Kernels that are linked high often put a physical address there already.
std::optional<std::uint64_t> physical_entry(const ElfImage& elf) {
  for (const ElfSegment& s : elf.loads())
    if (GpaRange{Gpa{s.vaddr}, s.file_bytes}.contains(Gpa{elf.entry()}))
      return elf.entry() - s.vaddr + s.paddr;
  for (const ElfSegment& s : elf.loads())
    if (GpaRange{Gpa{s.paddr}, s.file_bytes}.contains(Gpa{elf.entry()})) return elf.entry();
  return std::nullopt;
}

Result<Loaded> load_elf(const GuestMem& mem, std::span<const std::byte> file) {
  TRY(const ElfImage elf, ElfImage::parse(file, elf_x86));
  const auto entry = physical_entry(elf);
  if (!entry || *entry >= 4_GiB)
    return usage_error(fmt::format(
        "has its entry at {:#x}, outside what it loads below 4 GiB; link it anew", elf.entry()));
  TRY(auto ranges, load_segments(mem, file, elf, low_memory::taken));
  return Loaded{std::move(ranges), *entry};
}

std::string command_line(const Payload& payload) {
  if (payload.kernel_name.empty()) return std::string{payload.cmdline};
  return fmt::format("{} {}", payload.kernel_name, payload.cmdline);
}

Result<> add_module(const GuestMem& mem, Info& info, const Payload& payload, const Loaded& kernel) {
  if (!payload.initrd) return {};
  TRY_VOID(low_memory::write_string(mem, low_memory::module_string, payload.initrd_name,
                                    low_memory::module_string_bytes - 1, "name of the initrd"));
  TRY(const GpaRange at, load_initrd(mem, *payload.initrd, Gpa{4_GiB}, kernel.ranges));
  low_memory::store(mem, low_memory::module_list,
                    Module{low32(at.start), low32(at.end()), low32(low_memory::module_string)});
  put(info, info_mods_count, 1);
  put(info, info_mods_addr, low32(low_memory::module_list));
  return {};
}

/// mem_upper counts the RAM that begins at 1 MiB, up to the first hole.
void add_memory(const GuestMem& mem, Info& info, std::span<const GpaRange> reserved) {
  std::vector<std::byte> table;
  for (const MapEntry& e : memory_map(mem, reserved)) {
    std::array<std::byte, map_entry_bytes> entry;
    put(entry, At<std::uint32_t>{0}, map_entry_bytes - sizeof(std::uint32_t));
    put(entry, At<std::uint64_t>{4}, e.range.start.raw());
    put(entry, At<std::uint64_t>{12}, e.range.size);
    put(entry, At<std::uint32_t>{20}, std::to_underlying(e.type));
    table.insert(table.end(), entry.begin(), entry.end());
    if (e.range.start == low_memory::end && e.type == MapType::usable)
      put(info, info_mem_upper,
          static_cast<std::uint32_t>(std::min<std::uint64_t>(e.range.size / 1_KiB, ~0u)));
  }
  if (!mem.write(low_memory::info_memory_map, table)) VMM_BUG("no RAM in the first MiB");
  put(info, info_mem_lower, static_cast<std::uint32_t>(low_memory::usable_end.raw() / 1_KiB));
  put(info, info_mmap_length, static_cast<std::uint32_t>(table.size()));
  put(info, info_mmap_addr, low32(low_memory::info_memory_map));
}

void add_names(const GuestMem& mem, Info& info) {
  low_memory::store(mem, low_memory::loader_name, std::to_array("takt"));
  put(info, info_boot_loader_name, low32(low_memory::loader_name));
  put(info, info_cmdline, low32(low_memory::command_line));
}

}  // namespace

Result<StartState> load_multiboot(const GuestMem& mem, const Payload& payload) {
  constexpr std::uint32_t bootloader_magic = 0x2bad'b002;
  // Memory sizes, command line, modules, memory map, boot loader name.
  constexpr std::uint32_t provided = 1u << 0 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 9;
  TRY(const auto header, find_multiboot_header(payload.kernel));
  if (!header) return usage_error("has no Multiboot header");
  TRY_VOID(low_memory::write_string(mem, low_memory::command_line, command_line(payload),
                                    low_memory::command_line_bytes - 1, "command line"));
  TRY(const Loaded kernel,
      header->flat ? load_flat(mem, payload.kernel, *header) : load_elf(mem, payload.kernel));
  Info info{};
  put(info, info_flags, provided);
  TRY_VOID(add_module(mem, info, payload, kernel));
  add_memory(mem, info, payload.reserved);
  add_names(mem, info);
  low_memory::store(mem, low_memory::boot_info, info);
  StartState start = low_memory::write_gdt(mem, StartMode::protected32);
  start.rip = kernel.entry;
  start.rax = bootloader_magic;
  start.rbx = low_memory::boot_info.raw();
  return start;
}

}  // namespace takt
