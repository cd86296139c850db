// SPDX-License-Identifier: Apache-2.0
// Files that are not kernels for this machine but are given as one: each mistake that people make
// gets a line of its own, the same on every architecture.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "base/result.h"

namespace takt {

/// True when `magic` is at `offset` of the file.
[[nodiscard]] bool has_magic(std::span<const std::byte> file, std::size_t offset,
                             std::string_view magic);

/// A file known by its magic number.
struct KnownFile {
  std::size_t offset;
  std::string_view magic;
  std::string_view is;  // "is a script"
};

/// What an architecture has to say about the files that it takes, and about those it does not.
struct KernelFormats {
  std::string_view machine;             // "x86-64"
  std::string_view takes;               // "takt takes ...": the end of every line
  std::string_view unpacked;            // what a compressed kernel should be unpacked to
  std::span<const KnownFile> foreign;   // kernels of other architectures
  std::span<const KnownFile> mistakes;  // what only people of this architecture meet
};

/// No loader has wanted the file: says what it is instead. The first match counts, the
/// architecture's own before those that all know.
[[nodiscard]] std::unexpected<Error> refuse(std::span<const std::byte> file,
                                            const KernelFormats& formats);

/// The magic numbers of formats that some loader takes.
namespace magic {
inline constexpr std::string_view elf{
    "\x7f"
    "ELF"};
inline constexpr std::string_view gzip{"\x1f\x8b"};
}  // namespace magic

}  // namespace takt
