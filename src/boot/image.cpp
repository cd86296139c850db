// SPDX-License-Identifier: Apache-2.0
#include "boot/image.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "boot/bzimage_x86.h"
#include "boot/elf.h"
#include "boot/layout.h"
#include "boot/multiboot_header_x86.h"
#include "boot/pvh_x86.h"

namespace takt {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view takes =
    "takt takes a 64-bit x86 Linux bzImage, an ELF file with a PVH note, or a Multiboot 1 image";

struct Mistake {
  std::size_t offset;
  std::string_view magic;
  std::string_view line;
};

/// Files that are not kernels for this machine but are given as one. First match counts.
constexpr auto mistakes = std::to_array<Mistake>({
    {56, "ARM\x64"sv, "is an arm64 Linux Image; this machine is x86-64"},
    {56, "RSC\x05"sv, "is a RISC-V Linux Image; this machine is x86-64"},
    {0, "\x1f\x8b"sv, "is compressed by gzip; unpack it first (gzip -dc FILE > vmlinux)"},
    {0,
     "\xfd"
     "7zXZ\0"sv,
     "is compressed by xz; unpack it first (xz -dc FILE > vmlinux)"},
    {0, "\x28\xb5\x2f\xfd"sv, "is compressed by zstd; unpack it first (zstd -dc FILE > vmlinux)"},
    {0, "\x02\x21\x4c\x18"sv, "is compressed by lz4; unpack it first (lz4 -dc FILE > vmlinux)"},
    {0, "\x04\x22\x4d\x18"sv, "is compressed by lz4; unpack it first (lz4 -dc FILE > vmlinux)"},
    {0, "BZh"sv, "is compressed by bzip2; unpack it first (bzip2 -dc FILE > vmlinux)"},
    {0, "070701"sv, "is a cpio archive, as an initrd is; give it as --initrd"},
    {0, "#!"sv, "is a script"},
    {0, "!<arch>\n"sv, "is an archive (a static library or a .deb package)"},
    {0, "QFI\xfb"sv, "is a qcow2 disk image"},
    {0, "\xd0\x0d\xfe\xed"sv, "is a device tree"},
});

bool has_magic(std::span<const std::byte> file, std::size_t offset, std::string_view magic) {
  return fits(file.size(), offset, magic.size()) &&
         std::ranges::equal(file.subspan(offset, magic.size()), std::as_bytes(std::span{magic}));
}

/// No loader has wanted the file: says what it is instead.
std::unexpected<Error> refuse(std::span<const std::byte> file) {
  constexpr std::size_t shortest_kernel = 1024;
  for (const Mistake& m : mistakes)
    if (has_magic(file, m.offset, m.magic))
      return usage_error(fmt::format("{}; {}", m.line, takes));
  if (file.size() < shortest_kernel)
    return usage_error(fmt::format("has only {} bytes, no kernel is that short (cut short?); {}",
                                   file.size(), takes));
  const bool pe = has_magic(file, 0, "MZ");
  return usage_error(fmt::format(
      "{}; {}", pe ? "is an EFI or Windows program without a Linux boot header" : "is not a kernel",
      takes));
}

Result<ImageKind> identify_elf(std::span<const std::byte> file) {
  TRY(const ElfImage elf, ElfImage::parse(file));
  TRY(const bool pvh, has_pvh_note(elf, file));
  if (pvh) return ImageKind::pvh_elf;
  TRY(const auto header, find_multiboot_header(file));
  if (header && header->flat) return ImageKind::multiboot_flat;
  if (header) return ImageKind::multiboot_elf;
  return usage_error(
      "is an ELF file with neither a PVH note nor a Multiboot 1 header; for Linux use the bzImage, "
      "or build with CONFIG_PVH");
}

}  // namespace

std::string_view name(ImageKind kind) {
  switch (kind) {
    case ImageKind::bzimage: return "bzImage";
    case ImageKind::pvh_elf: return "PVH ELF";
    case ImageKind::multiboot_elf: return "Multiboot ELF";
    case ImageKind::multiboot_flat: return "Multiboot flat image";
  }
  VMM_BUG("image kind without a name");
}

Result<ImageKind> identify(std::span<const std::byte> file) {
  if (file.empty()) return usage_error(fmt::format("is empty; {}", takes));
  if (has_magic(file, 0,
                "\x7f"
                "ELF"sv))
    return identify_elf(file);
  if (is_bzimage(file)) {
    TRY_VOID(BzImage::parse(file));
    return ImageKind::bzimage;
  }
  TRY(const auto header, find_multiboot_header(file));
  if (!header) return refuse(file);
  if (header->flat) return ImageKind::multiboot_flat;
  return usage_error(
      "has a Multiboot 1 header but is neither an ELF file nor has it load addresses (flag bit "
      "16); "
      "link it as ELF");
}

}  // namespace takt
