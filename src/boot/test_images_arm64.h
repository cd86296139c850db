// SPDX-License-Identifier: Apache-2.0
// Small arm64 kernels for tests and fuzzers: a Linux Image with a PE header, gzip files, a zboot
// kernel, an ELF file.
#pragma once

#include <zlib.h>

#include "base/result.h"
#include "boot/test_images.h"

namespace takt::test_images {

/// Where RAM begins on the board.
inline constexpr std::uint64_t arm64_ram = 0x4000'0000;

/// 0x2000 bytes of file that want 0x1'0000 of memory, 4 KiB pages, two PE sections.
inline constexpr std::size_t linux_image_bytes = 0x2000;
inline constexpr std::size_t linux_image_sections = 0x40 + 24 + 160;  // its first section header

inline Bytes linux_image() {
  constexpr std::uint32_t pe = 0x40;
  Bytes file = pattern(linux_image_bytes);
  std::memset(file.data(), 0, 0x200);
  set(file, 0, std::uint32_t{0xfa40'5a4d});    // code0: "MZ", an instruction without effect
  set(file, 4, std::uint32_t{0x1400'0400});    // code1: a branch
  set(file, 8, std::uint64_t{0});              // text_offset
  set(file, 16, std::uint64_t{0x1'0000});      // image_size
  set(file, 24, std::uint64_t{0xa});           // flags: little-endian, 4 KiB, anywhere
  set(file, 56, std::uint32_t{0x644d'5241});   // magic
  set(file, 60, pe);                           // res5
  set(file, pe, std::uint32_t{0x4550});        // "PE"
  set(file, pe + 4, std::uint16_t{0xaa64});    // machine
  set(file, pe + 6, std::uint16_t{2});         // sections
  set(file, pe + 20, std::uint16_t{160});      // bytes of the optional header
  set(file, pe + 24, std::uint16_t{0x20b});    // PE32+
  set(file, pe + 24 + 108, std::uint32_t{6});  // directories
  set(file, linux_image_sections + 16, std::uint32_t{0x0e00});
  set(file, linux_image_sections + 20, std::uint32_t{0x0200});
  set(file, linux_image_sections + 40 + 16, std::uint32_t{0x1000});
  set(file, linux_image_sections + 40 + 20, std::uint32_t{0x1000});
  return file;
}

/// A gzip file (RFC 1952) with `content`.
inline Bytes gzip(std::span<const std::byte> content, int level = Z_BEST_SPEED) {
  z_stream stream{};
  if (::deflateInit2(&stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    VMM_BUG("no memory for a test");
  Bytes file(::deflateBound(&stream, static_cast<uLong>(content.size())));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(content.data()));
  stream.avail_in = static_cast<uInt>(content.size());
  stream.next_out = reinterpret_cast<Bytef*>(file.data());
  stream.avail_out = static_cast<uInt>(file.size());
  if (::deflate(&stream, Z_FINISH) != Z_STREAM_END) VMM_BUG("a test's data do not fit");
  file.resize(stream.total_out);
  ::deflateEnd(&stream);
  return file;
}

/// A vmlinuz.efi with `payload` inside, compressed as `comp_type` says.
inline Bytes zboot(const Bytes& payload, std::string_view comp_type = "gzip") {
  constexpr std::uint32_t payload_at = 0x1000;
  Bytes file(payload_at);
  set(file, 0, std::uint32_t{0x5a4d});  // "MZ"
  std::memcpy(file.data() + 4, "zimg", 4);
  set(file, 8, payload_at);
  set(file, 12, static_cast<std::uint32_t>(payload.size()));
  std::memcpy(file.data() + 24, comp_type.data(), comp_type.size());
  set(file, 56, std::uint32_t{0x8182'23cd});  // LINUX_PE_MAGIC
  file.insert(file.end(), payload.begin(), payload.end());
  file.resize(file.size() + 64);
  return file;
}

/// A program linked to the start of RAM + 512 KiB, with .bss behind its data.
inline constexpr std::uint64_t arm64_entry = arm64_ram + 0x8'0010;

inline std::vector<Segment> arm64_segments() {
  return {{arm64_ram + 0x8'0000, arm64_ram + 0x8'0000, pattern(0x400, 1)},
          {arm64_ram + 0x9'0000, arm64_ram + 0x9'0000, pattern(0x80, 2), 0x2000}};
}

inline Bytes arm64_elf() { return elf<ElfArm64>(arm64_entry, arm64_segments()); }

}  // namespace takt::test_images
