// SPDX-License-Identifier: Apache-2.0
// The receive buffers that a network device has taken from its driver and not used yet: in order,
// as one list of pieces, so that a frame is read into them at once and the rest of them serve the
// next. virtio 1.2, 5.1.6.3, 5.1.6.4.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "virtio/net_wire.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {

class NetRxBuffers {
 public:
  /// In all buffers together: a chain of the largest size always fits beside half of it.
  static constexpr std::size_t most_pieces = 2 * Chain::most_pieces;

  enum class Taken : std::uint8_t {
    buffer,   // one more
    useless,  // given back at once: it has no room for a header
    none,     // the driver has offered no more
    full,     // there is no place for more pieces
    broken,   // the queue is
  };
  /// `scratch` is used meanwhile.
  [[nodiscard]] Taken take(Virtqueue& queue, Chain& scratch) RT;
  /// Forgets them; their queue is reset.
  void clear() RT;

  [[nodiscard]] bool empty() const RT { return count_ == 0; }
  /// Pieces, which are descriptors of the driver's unless those are indirect.
  [[nodiscard]] std::size_t pieces() const RT { return pieces_count_ + header_pieces_; }
  /// The longest frame that fits behind the header in all of them.
  [[nodiscard]] std::uint64_t room() const RT { return room_; }

  /// Where a frame goes: what follows the header. Not when empty().
  [[nodiscard]] std::span<const iovec> frame_pieces() const RT {
    return std::span{pieces_}.subspan(first_piece_, pieces_count_);
  }
  /// At `offset` of the frame; all of it fits.
  void write(std::uint64_t offset, std::span<const std::byte> from) const RT;
  std::size_t read(std::uint64_t offset, std::span<std::byte> to) const RT;

  /// Gives the frame of `bytes` bytes, which fits, to the driver in as many buffers as it needs.
  void use(Virtqueue& queue, const FrameHeader& header, std::size_t bytes) RT;

 private:
  struct Buffer {
    ChainTicket ticket;
    std::uint32_t pieces = 0;  // in pieces_
    std::uint64_t bytes = 0;   // the first one's header included
  };

  [[nodiscard]] bool add(const Chain& chain) RT;
  void make_place() RT;
  void cut_header() RT;
  void write_header(const NetHeader& header) const RT;
  void drop_first() RT;

  std::array<iovec, most_pieces> pieces_;
  std::size_t first_piece_ = 0;
  std::size_t pieces_count_ = 0;
  std::array<Buffer, most_pieces> buffers_;
  std::size_t first_ = 0;
  std::size_t count_ = 0;
  std::array<iovec, sizeof(NetHeader)> header_;  // of the first buffer: where its header goes
  std::size_t header_pieces_ = 0;
  std::uint64_t room_ = 0;
};

}  // namespace takt::virtio
