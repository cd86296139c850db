// SPDX-License-Identifier: Apache-2.0
#include "boot/image_x86.h"

#include <array>

#include "boot/bzimage_x86.h"
#include "boot/elf_x86.h"
#include "boot/mistakes.h"
#include "boot/multiboot_header_x86.h"
#include "boot/pvh_x86.h"

namespace takt {
namespace {

using namespace std::string_view_literals;

constexpr auto foreign = std::to_array<KnownFile>({
    {56, "ARM\x64"sv, "is an arm64 Linux Image"},
    {4, "zimg"sv, "is a compressed EFI kernel (zboot), which x86 does not have"},
});

constexpr KernelFormats formats{
    .machine = "x86-64",
    .takes =
        "takt takes a 64-bit x86 Linux bzImage, an ELF file with a PVH note, or a Multiboot 1 "
        "image",
    .unpacked = "vmlinux",
    .foreign = foreign,
    .mistakes = {}};

Result<ImageKind> identify_elf(std::span<const std::byte> file) {
  TRY(const ElfImage elf, ElfImage::parse(file, elf_x86));
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
  if (file.empty()) return refuse(file, formats);
  if (has_magic(file, 0, magic::elf)) return identify_elf(file);
  if (is_bzimage(file)) {
    TRY_VOID(BzImage::parse(file));
    return ImageKind::bzimage;
  }
  TRY(const auto header, find_multiboot_header(file));
  if (!header) return refuse(file, formats);
  if (header->flat) return ImageKind::multiboot_flat;
  return usage_error(
      "has a Multiboot 1 header but is neither an ELF file nor has it load addresses (flag bit "
      "16); "
      "link it as ELF");
}

}  // namespace takt
