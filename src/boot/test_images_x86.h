// SPDX-License-Identifier: Apache-2.0
// Small x86 kernels for tests and fuzzers: a bzImage with a PE header and certificates as
// distributions sign it, a PVH kernel, Multiboot images.
#pragma once

#include "boot/test_images.h"

namespace takt::test_images {

/// A signed bzImage of protocol 2.15: 4 setup sectors, 0x1000 bytes of code, 64 of certificates.
/// Wants to be at 1 MiB, aligned to 64 KiB, with 2 MiB of room.
inline constexpr std::size_t bzimage_setup_bytes = 5 * 512;
inline constexpr std::size_t bzimage_code_bytes = 0x1000;
inline constexpr std::size_t bzimage_certificate_bytes = 64;

inline Bytes bzimage() {
  constexpr std::uint32_t pe = 0x40;
  Bytes file = pattern(bzimage_setup_bytes + bzimage_code_bytes + bzimage_certificate_bytes);
  std::memset(file.data(), 0, 0x290);
  set(file, 0x00, std::uint16_t{0x5a4d});  // "MZ"
  set(file, 0x3c, pe);
  set(file, pe, std::uint32_t{0x4550});        // "PE"
  set(file, pe + 4, std::uint16_t{0x8664});    // machine
  set(file, pe + 24, std::uint16_t{0x20b});    // PE32+
  set(file, pe + 24 + 108, std::uint32_t{6});  // directories
  set(file, pe + 24 + 112 + 32,
      static_cast<std::uint32_t>(bzimage_setup_bytes + bzimage_code_bytes));
  set(file, pe + 24 + 112 + 36, static_cast<std::uint32_t>(bzimage_certificate_bytes));
  set(file, 0x1f1, std::uint8_t{4});                         // setup_sects
  set(file, 0x1f4, std::uint32_t{bzimage_code_bytes / 16});  // syssize
  set(file, 0x1fe, std::uint16_t{0xaa55});                   // boot_flag
  set(file, 0x200, std::uint16_t{0x6aeb});                   // jump: the header ends at 0x26c
  set(file, 0x202, std::uint32_t{0x53726448});               // "HdrS"
  set(file, 0x206, std::uint16_t{0x20f});                    // version
  set(file, 0x211, std::uint8_t{1});                         // loadflags: LOADED_HIGH
  set(file, 0x214, std::uint32_t{0x100000});                 // code32_start
  set(file, 0x22c, std::uint32_t{0x7fff'ffff});              // initrd_addr_max
  set(file, 0x230, std::uint32_t{0x10000});                  // kernel_alignment
  set(file, 0x234, std::uint8_t{1});                         // relocatable_kernel
  set(file, 0x236, std::uint16_t{0x3});                      // xloadflags: 64-bit entry, above 4G
  set(file, 0x238, std::uint32_t{2047});                     // cmdline_size
  set(file, 0x258, std::uint64_t{0x100000});                 // pref_address
  set(file, 0x260, std::uint32_t{0x200000});                 // init_size
  return file;
}

/// A PVH kernel like vmlinux: linked high, loaded at 1 MiB, .bss behind the data at 2 MiB. The note
/// of interest is the second.
inline constexpr std::uint64_t pvh_entry = 0x10'0040;

inline std::vector<Segment> pvh_segments() {
  Bytes notes = note("Linux", 0x100, std::uint32_t{0x30303030});
  const Bytes entry = note("Xen", 18, std::uint64_t{pvh_entry});
  notes.insert(notes.end(), entry.begin(), entry.end());
  return {{0xffff'ffff'8010'0000, 0x10'0000, pattern(0x800, 1)},
          {0xffff'ffff'8020'0000, 0x20'0000, pattern(0x300, 2), 0x4000},
          {0xffff'ffff'8010'0000, 0x10'0000, notes, 0, PT_NOTE}};
}

inline Bytes pvh_elf() { return elf<Elf64>(0x10'0000, pvh_segments()); }

/// A Multiboot header without address fields, padded to 16 bytes.
inline Bytes multiboot_header(std::uint32_t flags = 0) {
  constexpr std::uint32_t magic = 0x1bad'b002;
  Bytes out(16);
  set(out, 0, magic);
  set(out, 4, flags);
  set(out, 8, 0u - magic - flags);
  return out;
}

inline std::vector<Segment> multiboot_segments() {
  Bytes text = multiboot_header();
  const Bytes code = pattern(0x400);
  text.insert(text.end(), code.begin(), code.end());
  return {{0x10'0000, 0x10'0000, text}, {0x11'0000, 0x11'0000, pattern(0x80, 9), 0x2000}};
}

/// Entered right behind the Multiboot header.
inline constexpr std::uint32_t multiboot_entry = 0x10'0010;

inline Bytes multiboot_elf32() { return elf<Elf32>(multiboot_entry, multiboot_segments()); }
inline Bytes multiboot_elf64() { return elf<Elf64>(multiboot_entry, multiboot_segments()); }

/// The address fields of a flat Multiboot image, in the order of the specification.
struct FlatFields {
  std::uint32_t header_addr = 0x10'0020;
  std::uint32_t load_addr = 0x10'0000;
  std::uint32_t load_end_addr = 0x10'0200;
  std::uint32_t bss_end_addr = 0x10'1000;
  std::uint32_t entry_addr = 0x10'0040;
};

/// 0x200 bytes for 1 MiB, the header at offset 0x20, padded in front by `lead` bytes not loaded.
inline Bytes multiboot_flat(FlatFields fields = {}, std::size_t lead = 0) {
  Bytes file = pattern(lead + 0x200);
  const Bytes header = multiboot_header(1u << 16);
  std::memcpy(file.data() + lead + 0x20, header.data(), 12);
  set(file, lead + 0x2c, fields);
  return file;
}

}  // namespace takt::test_images
