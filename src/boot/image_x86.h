// SPDX-License-Identifier: Apache-2.0
// What kind of kernel a file is. The file is the user's: anything may be in it, and each mistake
// that people make gets a line of its own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/result.h"

namespace takt {

enum class ImageKind : std::uint8_t {
  bzimage,         // Linux, 64-bit boot protocol
  pvh_elf,         // ELF with the note XEN_ELFNOTE_PHYS32_ENTRY
  multiboot_elf,   // ELF with a Multiboot 1 header, loaded by its program headers
  multiboot_flat,  // any file whose Multiboot 1 header has load addresses (bit 16), also an ELF
};

[[nodiscard]] std::string_view name(ImageKind kind);

/// Decides by content, never by name, and checks the whole file: that it is for x86, and complete
/// (a file cut short anywhere is refused; see bzimage_x86.h and elf.h for how that is known).
///
/// An ELF with both a PVH note and a Multiboot header is started by PVH: the note is unmistakable,
/// and its protocol carries more (the RSDP, 64-bit addresses). QEMU prefers Multiboot; an image
/// that is to be started alike by both must have only one of them.
[[nodiscard]] Result<ImageKind> identify(std::span<const std::byte> file);

}  // namespace takt
