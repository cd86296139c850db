// SPDX-License-Identifier: Apache-2.0
#include "boot/elf_arm64.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bits.h"
#include "boot/elf_load.h"

namespace takt {
namespace {

Result<> check_entry(const ElfImage& elf) {
  const bool loaded = std::ranges::any_of(elf.loads(), [&](const ElfSegment& s) {
    return GpaRange{Gpa{s.paddr}, s.file_bytes}.contains(Gpa{elf.entry()});
  });
  if (loaded && is_aligned(elf.entry(), 4)) return {};
  return usage_error(
      fmt::format("has its ELF entry at {:#x}, which is no instruction in what it loads (physical "
                  "addresses); link it anew, or for Linux use the Image",
                  elf.entry()));
}

}  // namespace

Result<LoadedKernel> load_elf(const GuestMem& mem, std::span<const std::byte> file) {
  TRY(const ElfImage elf, ElfImage::parse(file, elf_arm64));
  TRY_VOID(check_entry(elf));
  TRY(auto ranges, load_segments(mem, file, elf, {}));
  return LoadedKernel{.entry = elf.entry(), .ranges = std::move(ranges)};
}

}  // namespace takt
