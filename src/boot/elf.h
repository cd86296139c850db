// SPDX-License-Identifier: Apache-2.0
// A checked reader of ELF files (System V ABI, edition 4.1, chapters 4 and 5; note padding as in
// the gABI) as far as a loader needs them: program headers and notes of 32- and 64-bit files, for
// the machine that the caller names. Symbols, relocations and dynamic linking are not read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace takt {

/// A program header, widened to 64 bits. [offset, offset + file_bytes) lies inside the file.
struct ElfSegment {
  std::uint32_t type = 0;
  std::uint64_t offset = 0;
  std::uint64_t vaddr = 0;
  std::uint64_t paddr = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t memory_bytes = 0;  // at least file_bytes
  std::uint64_t align = 0;
};

/// The machine that a file has to be for.
struct ElfTarget {
  std::string_view name;        // "x86-64", in errors
  std::uint16_t machine64 = 0;  // e_machine (EM_*) of 64-bit files
  std::uint16_t machine32 = 0;  // of 32-bit files; EM_NONE: none are taken
};

class ElfImage {
 public:
  /// Copies the headers out and checks them: magic, little-endian, for `target`, executable, and
  /// that every PT_LOAD and PT_NOTE segment lies in the file. The section header table, which
  /// linkers put last, has to be there as well: so a file cut short anywhere is refused.
  [[nodiscard]] static Result<ElfImage> parse(std::span<const std::byte> file,
                                              const ElfTarget& target);

  [[nodiscard]] std::uint64_t entry() const { return entry_; }
  /// PT_LOAD segments that take up memory, in file order; at most max_segments.
  [[nodiscard]] std::span<const ElfSegment> loads() const { return loads_; }

  /// Descriptor of the first note with this owner and type. `file` is the one that was parsed.
  /// Looks at the first 64 KiB of each PT_NOTE segment; a note that says it is longer than its
  /// segment ends the search there.
  [[nodiscard]] std::optional<std::span<const std::byte>> find_note(std::span<const std::byte> file,
                                                                    std::string_view owner,
                                                                    std::uint32_t type) const;

  /// Linux has about ten, and it bounds the work that a hostile file can cause.
  static constexpr std::size_t max_segments = 64;

 private:
  template <class Ehdr, class Phdr>
  static Result<ElfImage> parse_class(std::span<const std::byte> file, const ElfTarget& target);
  Result<> add(std::span<const std::byte> file, const ElfSegment& segment);

  std::uint64_t entry_ = 0;
  std::vector<ElfSegment> loads_;
  std::vector<ElfSegment> notes_;
};

}  // namespace takt
