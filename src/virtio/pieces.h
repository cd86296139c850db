// SPDX-License-Identifier: Apache-2.0
// Parts of a chain: what stands at an offset in its pieces, and what is left of them when a header
// or a status byte is taken off.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"

namespace takt::virtio {

/// Calls copy(piece's bytes, how many, bytes done before) for what [offset, offset + n) covers.
template <class Copy>
std::size_t for_range(std::span<const iovec> pieces, std::uint64_t offset, std::size_t n,
                      Copy&& copy) RT {
  std::size_t done = 0;
  for (const iovec& piece : pieces) {
    if (done == n) break;
    if (offset >= piece.iov_len) {
      offset -= piece.iov_len;
      continue;
    }
    const std::size_t part = std::min<std::size_t>(piece.iov_len - offset, n - done);
    copy(static_cast<std::byte*>(piece.iov_base) + offset, part, done);
    done += part;
    offset = 0;
  }
  return done;
}

/// Room for the pieces of a part.
template <std::size_t Most>
class Pieces {
 public:
  Pieces() {}  // not `= default`: `Pieces{}` would clear all

  /// Takes `bytes` of `from`, from its byte `offset` on; there are as many. False when these are
  /// in more than Most pieces.
  [[nodiscard]] bool take(std::span<const iovec> from, std::uint64_t offset,
                          std::uint64_t bytes) RT {
    count_ = 0;
    for (const iovec& piece : from) {
      if (bytes == 0) break;
      if (offset >= piece.iov_len) {
        offset -= piece.iov_len;
        continue;
      }
      if (count_ == Most) return false;
      const std::size_t part = std::min<std::uint64_t>(piece.iov_len - offset, bytes);
      pieces_[count_++] = {static_cast<std::byte*>(piece.iov_base) + offset, part};
      bytes -= part;
      offset = 0;
    }
    return true;
  }
  [[nodiscard]] std::span<const iovec> span() const RT { return std::span{pieces_}.first(count_); }

 private:
  std::array<iovec, Most> pieces_;
  std::size_t count_ = 0;
};

}  // namespace takt::virtio
