// SPDX-License-Identifier: Apache-2.0
// Frames out of a byte stream, each behind its length in 32 bits, big-endian: what QEMU's stream
// sockets and passt speak. A fixed buffer, no descriptor.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"

namespace takt {

class FrameReader {
 public:
  static constexpr std::size_t prefix_bytes = 4;
  /// QEMU's limit. What says that it is longer is no frame, and nobody knows where the next begins.
  static constexpr std::size_t most_bytes = 64 * 1024 + 4096;

  /// Where the next bytes of the stream go; not empty while next() has nothing.
  [[nodiscard]] std::span<std::byte> room() RT;
  void filled(std::size_t bytes) RT { end_ += bytes; }

  /// The oldest frame that is there in full, until drop().
  [[nodiscard]] std::optional<std::span<const std::byte>> next() const RT;
  void drop() RT;

  /// The stream does not go on: it has a length that no frame has.
  [[nodiscard]] bool broken() const RT;

 private:
  static constexpr std::size_t whole_bytes = prefix_bytes + most_bytes;
  [[nodiscard]] std::size_t bytes() const RT { return end_ - begin_; }
  [[nodiscard]] std::size_t length() const RT;

  std::array<std::byte, 2 * whole_bytes> buffer_{};
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace takt
