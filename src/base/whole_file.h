// SPDX-License-Identifier: Apache-2.0
// A file's bytes without a copy of them.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"

namespace takt {

/// A private read-only mapping of a whole regular file. Set-up only: the bytes are read from disk
/// when they are touched, and a file that shrinks while it is mapped ends the process (SIGBUS).
class MappedFile {
 public:
  /// The error names the path. An empty file is an empty span.
  static Result<MappedFile> open(const std::string& path);
  MappedFile() = default;
  MappedFile(MappedFile&& other) noexcept : bytes_{std::exchange(other.bytes_, {})} {}
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    return *this;
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::span<std::byte> bytes_;
};

}  // namespace takt
