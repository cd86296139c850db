// SPDX-License-Identifier: Apache-2.0
// A file's bytes, read once into memory of our own: whatever happens to the file later does not
// happen to us (a mapping would end the process by SIGBUS when the file becomes shorter).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"
#include "base/units.h"

namespace takt {

/// The content of a regular file. Set-up only: reading blocks. Move-only; the memory goes back to
/// the kernel with the object.
class WholeFile {
 public:
  /// Nothing that takt is given is larger; a sparse file by mistake must not eat the host.
  static constexpr std::uint64_t most_bytes = 4_GiB;

  /// The error names the path: also for a file that becomes shorter meanwhile. An empty file is an
  /// empty span.
  static Result<WholeFile> read(const std::string& path);
  WholeFile() = default;
  WholeFile(WholeFile&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
  WholeFile& operator=(WholeFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  WholeFile(const WholeFile&) = delete;
  WholeFile& operator=(const WholeFile&) = delete;
  ~WholeFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace takt
