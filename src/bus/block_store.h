// SPDX-License-Identifier: Apache-2.0
// The host side of a disk, as its model sees it: requests go in, completions come out later, in any
// order. What may block is done on threads of the store's own.
#pragma once

#include <sys/uio.h>

#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"

namespace takt {

struct BlockRequest {
  enum class Kind : std::uint8_t { read, write, flush, discard, write_zeroes };
  /// A guest's request has at most this many pieces.
  static constexpr std::size_t most_pieces = 128;

  Kind kind = Kind::read;
  bool may_unmap = false;    // write_zeroes: holes are as good as zeroes
  std::uint16_t tag = 0;     // the caller's, given back
  std::uint64_t offset = 0;  // bytes; within the disk with all of `bytes`
  std::uint64_t bytes = 0;   // of the disk
  /// Read and write: `bytes` in all. The memory stays until the completion, the array itself may go
  /// when submit() has returned.
  std::span<const iovec> pieces = {};
};

struct BlockDone {
  std::uint16_t tag = 0;
  bool ok = false;
};

/// Used by one thread at a time, the device's server or who holds the device's lock. Nothing here
/// blocks.
class BlockStore {
 public:
  virtual ~BlockStore() = default;
  [[nodiscard]] virtual std::uint64_t bytes() const RT = 0;        // a multiple of 512
  [[nodiscard]] virtual std::uint32_t block_bytes() const RT = 0;  // best unit: 512 or 4096
  [[nodiscard]] virtual bool read_only() const RT = 0;
  [[nodiscard]] virtual bool can_discard() const RT = 0;
  /// Requests that may be under way at once.
  [[nodiscard]] virtual std::uint16_t depth() const RT = 0;

  /// False when depth() are under way, or the rate limit says not yet: the store then rings its
  /// device's bell when it goes on.
  [[nodiscard]] virtual bool submit(const BlockRequest& request) RT = 0;
  /// After a batch of submit(): wakes the threads once.
  virtual void kick() RT = 0;
  /// The next completion, if there is one; the store rings its device's bell when there is.
  [[nodiscard]] virtual std::optional<BlockDone> completed() RT = 0;
};

}  // namespace takt
