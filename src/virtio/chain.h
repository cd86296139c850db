// SPDX-License-Identifier: Apache-2.0
// One request of a driver's: a chain of descriptors, copied out of the ring once, checked, and
// turned into pieces of guest RAM. virtio 1.2, 2.7.5 and 2.8.6.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "virtio/ring.h"

namespace takt::virtio {

/// What is kept of a chain until its completion, when that comes later. Drivers are free to have
/// the same id in flight twice: it is no index.
struct ChainTicket {
  std::uint16_t id = 0;
  std::uint16_t slots = 0;
};

/// The pieces stay valid for as long as the VM has RAM; what is in them the guest may change at any
/// time, so a header is copied out once and the copy is checked.
///
/// A buffer is within one RamRegion: regions do not touch, so one that crosses has a part that is
/// no RAM. Buffers of length 0 are left out; a chain of these alone has no pieces.
class Chain {
 public:
  /// Descriptors of a chain, those of an indirect table included. A longer one breaks the queue.
  static constexpr std::size_t most_pieces = 256;
  /// Of a chain (2.7.5).
  static constexpr std::uint64_t most_bytes = 1ull << 32;

  Chain() {}  // not `= default`: `Chain{}` would clear all pieces

  /// What the device may read, then what it may write (2.7.4.2: in this order in the ring).
  [[nodiscard]] std::span<const iovec> readable() const RT {
    return std::span{pieces_}.first(readable_);
  }
  [[nodiscard]] std::span<const iovec> writable() const RT {
    return std::span{pieces_}.subspan(readable_, count_ - readable_);
  }
  [[nodiscard]] std::uint64_t readable_bytes() const RT { return readable_bytes_; }
  [[nodiscard]] std::uint64_t writable_bytes() const RT { return bytes_ - readable_bytes_; }

  /// Copies out of the readable bytes at `offset`; returns how many there were, at most to.size().
  std::size_t read(std::uint64_t offset, std::span<std::byte> to) const RT;
  /// Copies into the writable bytes at `offset`; returns how many fitted.
  std::size_t write(std::uint64_t offset, std::span<const std::byte> from) const RT;

  [[nodiscard]] ChainTicket ticket() const RT { return ticket_; }

 private:
  friend class SplitQueue;
  friend class PackedQueue;

  void clear() RT;
  /// The next buffer of the chain.
  [[nodiscard]] Fault add(const GuestMem& mem, Gpa addr, std::uint32_t len, bool writable) RT;

  std::array<iovec, most_pieces> pieces_;
  std::size_t count_ = 0;
  std::size_t readable_ = 0;
  std::size_t descriptors_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t readable_bytes_ = 0;
  bool writable_seen_ = false;
  ChainTicket ticket_;  // split: head, 1; packed: buffer id, descriptors in the ring
};

}  // namespace takt::virtio
