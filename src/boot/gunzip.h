// SPDX-License-Identifier: Apache-2.0
// A gzip file (RFC 1952) unpacked piece by piece by zlib, into memory that the caller has: what a
// file claims to unpack to costs nothing. One member; one that follows counts as garbage.
#pragma once

#include <zlib.h>

#include <cstddef>
#include <memory>
#include <span>

#include "base/result.h"

namespace takt {

class Gunzip {
 public:
  /// `file` outlives the object. The first error is found when the first byte is read.
  [[nodiscard]] static Result<Gunzip> open(std::span<const std::byte> file);

  /// Fills `out` and returns how many bytes that are: fewer only where the data end.
  [[nodiscard]] Result<std::size_t> read(std::span<std::byte> out);

  /// True when there is nothing more to read. An error when the file goes on behind its data, or
  /// when the data do not have the length and checksum that the file says.
  [[nodiscard]] Result<bool> finished();

 private:
  struct End {
    void operator()(z_stream* stream) const;
  };
  explicit Gunzip(std::span<const std::byte> file) : rest_{file} {}
  Result<> step(std::span<std::byte> out);

  std::unique_ptr<z_stream, End> stream_;  // zlib keeps a pointer to it
  std::span<const std::byte> rest_;
  bool ended_ = false;
};

}  // namespace takt
