// SPDX-License-Identifier: Apache-2.0
#include "boot/bzimage_x86.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <bit>

#include "base/bits.h"
#include "boot/layout.h"
#include "boot/low_memory_x86.h"
#include "boot/memory_map_x86.h"
#include "boot/pe.h"

namespace takt {
namespace {

// boot.rst, "The Real-Mode Kernel Header": the same offsets in the file and in boot_params.
constexpr At<std::uint8_t> setup_sects{0x1f1};
constexpr At<std::uint32_t> syssize{0x1f4};
constexpr At<std::uint16_t> boot_flag{0x1fe};
constexpr At<std::uint8_t> jump_offset{0x201};
constexpr At<std::uint32_t> header_magic{0x202};
constexpr At<std::uint16_t> version{0x206};
constexpr At<std::uint8_t> type_of_loader{0x210};
constexpr At<std::uint8_t> loadflags{0x211};
constexpr At<std::uint32_t> code32_start{0x214};
constexpr At<std::uint32_t> ramdisk_image{0x218};
constexpr At<std::uint32_t> ramdisk_size{0x21c};
constexpr At<std::uint32_t> cmd_line_ptr{0x228};
constexpr At<std::uint32_t> initrd_addr_max{0x22c};
constexpr At<std::uint32_t> kernel_alignment{0x230};
constexpr At<std::uint8_t> relocatable_kernel{0x234};
constexpr At<std::uint16_t> xloadflags{0x236};
constexpr At<std::uint32_t> cmdline_size{0x238};
constexpr At<std::uint64_t> setup_data{0x250};
constexpr At<std::uint64_t> pref_address{0x258};
constexpr At<std::uint32_t> init_size{0x260};
constexpr At<std::uint32_t> handover_offset{0x264};  // the last field of protocol 2.12

// zero-page.rst: fields of boot_params outside the header.
constexpr At<std::uint64_t> acpi_rsdp_addr{0x070};
constexpr At<std::uint8_t> e820_entries{0x1e8};
constexpr std::size_t setup_header = 0x1f1;
constexpr std::size_t setup_header_max_end = 0x290;
constexpr std::size_t e820_table = 0x2d0;
constexpr std::size_t e820_entry_bytes = 20;
constexpr std::size_t zero_page_bytes = 4096;
static_assert(e820_table + low_memory::max_map_entries * e820_entry_bytes <= zero_page_bytes);
using ZeroPage = std::array<std::byte, zero_page_bytes>;

constexpr std::uint64_t sector = 512;
constexpr Gpa identity_map_end{4_GiB};
constexpr std::uint64_t entry_64 = 0x200;  // boot.rst, "64-bit Boot Protocol"

std::unexpected<Error> cut_short(std::uint64_t have, std::uint64_t need) {
  return usage_error(
      fmt::format("is cut short: a bzImage of {} bytes by its header, but the file "
                  "has {}; copy it again",
                  need, have));
}

Result<> check_kind(std::span<const std::byte> file) {
  constexpr std::uint8_t loaded_high = 1;     // boot.rst, loadflags bit 0
  constexpr std::uint16_t xlf_kernel_64 = 1;  // xloadflags bit 0
  constexpr std::uint16_t first_with_xloadflags = 0x20c;
  if ((get(file, loadflags) & loaded_high) == 0)
    return usage_error("is a zImage; takt takes a bzImage");
  if (get(file, version) < first_with_xloadflags)
    return usage_error(fmt::format(
        "has boot protocol {}.{:02}; takt takes a bzImage with 2.12 or later (Linux 3.8)",
        get(file, version) >> 8, get(file, version) & 0xff));
  if ((get(file, xloadflags) & xlf_kernel_64) == 0)
    return usage_error("is a 32-bit x86 Linux kernel; takt takes a 64-bit one");
  return {};
}

Result<> check_length(std::span<const std::byte> file, const BzImage& image) {
  const std::uint64_t code_end = image.setup_bytes + image.payload_bytes;
  const std::uint64_t need = std::max(code_end, pe_certificates_end(file));
  if (file.size() < need) return cut_short(file.size(), need);
  return {};
}

/// pref_address, aligned. Never lower, even when RAM is short: an x86-64 kernel moves itself to
/// pref_address before it unpacks. 0 when the header makes no sense.
Gpa aligned_load(std::span<const std::byte> file) {
  const std::uint64_t preferred = get(file, pref_address);
  const std::uint64_t align = get(file, relocatable_kernel) != 0 ? get(file, kernel_alignment) : 1;
  if (preferred >= identity_map_end.raw() || !std::has_single_bit(align)) return Gpa{};
  return Gpa{align_up(preferred, align)};
}

/// Sizes and addresses that no Linux build has, but a damaged file may.
Result<> check_sane(std::span<const std::byte> file, const BzImage& image) {
  const auto damaged = [](std::string_view field, std::uint64_t value) {
    return usage_error(fmt::format(
        "has {} = {:#x} in its boot header, which cannot be; the file is damaged", field, value));
  };
  if (image.header_end < handover_offset.end() || image.header_end > setup_header_max_end)
    return damaged("a jump to", image.header_end);
  if (image.payload_bytes <= entry_64) return damaged("syssize", get(file, syssize));
  if (image.load < low_memory::end || image.load >= identity_map_end)
    return damaged("pref_address", get(file, pref_address));
  if (identity_map_end - image.load < image.memory_bytes)
    return damaged("init_size", get(file, init_size));
  return {};
}

Result<> copy_kernel(const GuestMem& mem, const BzImage& image, std::span<const std::byte> file) {
  const auto room = mem.slice(image.load, image.memory_bytes);
  if (room && mem.write(image.load, file.subspan(image.setup_bytes, image.payload_bytes)))
    return {};
  return usage_error(
      fmt::format("needs memory up to {:#x} to start, and the guest has {}; use {} or more",
                  (image.load + image.memory_bytes).raw(), size_text(mem.total_bytes()),
                  memory_option(mem, image.load + image.memory_bytes)));
}

void put_memory_map(std::span<std::byte> page, std::span<const MapEntry> map) {
  put(page, e820_entries, static_cast<std::uint8_t>(map.size()));
  for (std::size_t i = 0; i < map.size(); ++i) {
    const auto entry = page.subspan(e820_table + i * e820_entry_bytes, e820_entry_bytes);
    put(entry, At<std::uint64_t>{0}, map[i].range.start.raw());
    put(entry, At<std::uint64_t>{8}, map[i].range.size);
    put(entry, At<std::uint32_t>{16}, std::to_underlying(map[i].type));
  }
}

ZeroPage make_zero_page(const BzImage& image, const Payload& payload, GpaRange initrd,
                        std::span<const MapEntry> map) {
  constexpr std::uint8_t unregistered_loader = 0xff;
  const auto header = payload.kernel.subspan(setup_header, image.header_end - setup_header);
  ZeroPage page{};
  std::ranges::copy(header, page.begin() + setup_header);
  put(page, type_of_loader, unregistered_loader);
  put(page, code32_start, static_cast<std::uint32_t>(image.load.raw()));
  put(page, ramdisk_image, static_cast<std::uint32_t>(initrd.start.raw()));
  put(page, ramdisk_size, static_cast<std::uint32_t>(initrd.size));
  put(page, cmd_line_ptr, static_cast<std::uint32_t>(low_memory::command_line.raw()));
  put(page, setup_data, 0);
  put(page, acpi_rsdp_addr, payload.rsdp.raw());
  put_memory_map(page, map);
  return page;
}

}  // namespace

bool is_bzimage(std::span<const std::byte> file) {
  return file.size() >= version.end() && get(file, boot_flag) == 0xaa55 &&
         get(file, header_magic) == 0x5372'6448;  // "HdrS"
}

Result<BzImage> BzImage::parse(std::span<const std::byte> file) {
  if (file.size() < handover_offset.end()) return cut_short(file.size(), handover_offset.end());
  TRY_VOID(check_kind(file));
  const std::uint64_t sects = get(file, setup_sects);
  BzImage image;
  image.setup_bytes = ((sects == 0 ? 4 : sects) + 1) * sector;  // 0 means 4, for old reasons
  image.header_end = header_magic.offset + get(file, jump_offset);
  image.payload_bytes = std::uint64_t{get(file, syssize)} * 16;
  image.initrd_below = Gpa{std::uint64_t{get(file, initrd_addr_max)} + 1};
  image.max_cmdline_bytes =
      std::min<std::uint64_t>(get(file, cmdline_size), low_memory::command_line_bytes - 1);
  image.load = aligned_load(file);
  image.memory_bytes = std::max<std::uint64_t>(get(file, init_size), image.payload_bytes);
  TRY_VOID(check_length(file, image));
  TRY_VOID(check_sane(file, image));
  return image;
}

Result<StartState> load_bzimage(const GuestMem& mem, const Payload& payload) {
  TRY(const BzImage image, BzImage::parse(payload.kernel));
  TRY_VOID(low_memory::write_string(mem, low_memory::command_line, payload.cmdline,
                                    image.max_cmdline_bytes, "command line"));
  TRY_VOID(copy_kernel(mem, image, payload.kernel));
  GpaRange initrd;
  if (payload.initrd) {
    const std::array busy{GpaRange{image.load, image.memory_bytes}};
    TRY(initrd, load_initrd(mem, *payload.initrd, image.initrd_below, busy));
  }
  const auto map = memory_map(mem, payload.reserved);
  low_memory::store(mem, low_memory::zero_page, make_zero_page(image, payload, initrd, map));
  low_memory::write_identity_map(mem);
  StartState start = low_memory::write_gdt(mem, StartMode::long64);
  start.rip = (image.load + entry_64).raw();
  start.rsi = low_memory::zero_page.raw();
  start.cr3 = low_memory::pml4;
  return start;
}

}  // namespace takt
