// SPDX-License-Identifier: Apache-2.0
#include "boot/multiboot_header_x86.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "boot/layout.h"

namespace takt {
namespace {

// Offsets from the header's magic number.
constexpr At<std::uint32_t> magic{0};
constexpr At<std::uint32_t> flags{4};
constexpr At<std::uint32_t> checksum{8};
constexpr At<std::uint32_t> header_addr{12};
constexpr At<std::uint32_t> load_addr{16};
constexpr At<std::uint32_t> load_end_addr{20};
constexpr At<std::uint32_t> bss_end_addr{24};
constexpr At<std::uint32_t> entry_addr{28};

Result<> check_flags(std::uint32_t value) {
  constexpr std::uint32_t must_understand = 0xffff;
  constexpr std::uint32_t known = 1u << 0 | 1u << 1 | 1u << 2;  // align modules, memory info, video
  const std::uint32_t unknown = value & must_understand & ~known;
  if (unknown == 0) return {};
  return usage_error(
      fmt::format("demands Multiboot features that takt does not have (flag bits {:#x})", unknown));
}

Result<MultibootHeader> read_header(std::span<const std::byte> file, std::size_t offset) {
  const auto at = file.subspan(offset);
  MultibootHeader h{.offset = offset, .flags = get(at, flags)};
  TRY_VOID(check_flags(h.flags));
  h.flat = (h.flags & (1u << 16)) != 0;
  if (!h.flat) return h;
  if (at.size() < entry_addr.end()) return usage_error("ends inside its Multiboot header");
  h.header_addr = get(at, header_addr);
  h.load_addr = get(at, load_addr);
  h.load_end_addr = get(at, load_end_addr);
  h.bss_end_addr = get(at, bss_end_addr);
  h.entry_addr = get(at, entry_addr);
  TRY_VOID(flat_extent(h, file.size()));
  return h;
}

}  // namespace

Result<FlatExtent> flat_extent(const MultibootHeader& h, std::uint64_t file_size) {
  const auto damaged = [](std::string_view why) {
    return usage_error(
        fmt::format("has Multiboot load addresses that cannot be: {}; link it anew", why));
  };
  if (h.load_addr > h.header_addr || h.header_addr - h.load_addr > h.offset)
    return damaged("load_addr is before the start of the file, or after the header");
  const std::uint64_t start = h.offset - (h.header_addr - h.load_addr);
  if (h.load_end_addr != 0 && h.load_end_addr <= h.load_addr)
    return damaged("load_end_addr is not above load_addr");
  const std::uint64_t bytes =
      h.load_end_addr == 0 ? file_size - start : h.load_end_addr - h.load_addr;
  if (!fits(file_size, start, bytes))
    return usage_error(
        fmt::format("is cut short: the Multiboot header wants {:#x} bytes, the file has "
                    "{:#x}; copy it again",
                    start + bytes, file_size));
  if (h.bss_end_addr != 0 && h.bss_end_addr < h.load_addr + bytes)
    return damaged("bss_end_addr is before the end of what is loaded");
  const std::uint64_t memory = h.bss_end_addr == 0 ? bytes : h.bss_end_addr - h.load_addr;
  if (h.entry_addr < h.load_addr || h.entry_addr - h.load_addr >= bytes)
    return damaged("entry_addr is outside what is loaded");
  return FlatExtent{start, bytes, memory};
}

Result<std::optional<MultibootHeader>> find_multiboot_header(std::span<const std::byte> file) {
  constexpr std::size_t search_bytes = 8192;
  constexpr std::uint32_t header_magic = 0x1bad'b002;
  const auto head = file.first(std::min(file.size(), search_bytes));
  for (std::size_t offset = 0; fits(head.size(), offset, checksum.end()); offset += 4) {
    const auto at = head.subspan(offset);
    if (get(at, magic) != header_magic) continue;
    if (get(at, magic) + get(at, flags) + get(at, checksum) != 0) continue;
    TRY(const MultibootHeader header, read_header(file, offset));
    return header;
  }
  return std::nullopt;
}

}  // namespace takt
