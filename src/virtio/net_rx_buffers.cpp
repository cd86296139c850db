// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_rx_buffers.h"

#include <algorithm>
#include <atomic>
#include <cstring>

#include "virtio/pieces.h"

namespace takt::virtio {
namespace {

constexpr std::size_t header_bytes = sizeof(NetHeader);

iovec cut(iovec piece, std::size_t n) RT {
  return {.iov_base = static_cast<std::byte*>(piece.iov_base) + n, .iov_len = piece.iov_len - n};
}

}  // namespace

NetRxBuffers::Taken NetRxBuffers::take(Virtqueue& queue, Chain& scratch) RT {
  switch (queue.pop(scratch)) {
    case Pop::none: return Taken::none;
    case Pop::broken: return Taken::broken;
    case Pop::chain: break;
  }
  if (scratch.writable_bytes() < header_bytes) {
    queue.push(scratch, 0);
    return Taken::useless;
  }
  if (add(scratch)) return Taken::buffer;
  queue.undo_pop();
  return Taken::full;
}

void NetRxBuffers::clear() RT {
  first_piece_ = pieces_count_ = first_ = count_ = header_pieces_ = 0;
  room_ = 0;
}

bool NetRxBuffers::add(const Chain& chain) RT {
  const auto added = chain.writable();
  if (pieces_count_ + added.size() > pieces_.size() || count_ == buffers_.size()) return false;
  if (first_piece_ + pieces_count_ + added.size() > pieces_.size() ||
      first_ + count_ == buffers_.size())
    make_place();
  std::ranges::copy(added, std::span{pieces_}.subspan(first_piece_ + pieces_count_).begin());
  pieces_count_ += added.size();
  buffers_[first_ + count_] = {.ticket = chain.ticket(),
                               .pieces = static_cast<std::uint32_t>(added.size()),
                               .bytes = chain.writable_bytes()};
  room_ += chain.writable_bytes();
  if (++count_ == 1) cut_header();
  return true;
}

/// What is there moves to the front: seldom, as the arrays are much longer than what stays.
void NetRxBuffers::make_place() RT {
  std::memmove(pieces_.data(), pieces_.data() + first_piece_, pieces_count_ * sizeof(iovec));
  std::memmove(buffers_.data(), buffers_.data() + first_, count_ * sizeof(Buffer));
  first_piece_ = first_ = 0;
}

/// The header may be spread over several pieces, even of one byte each.
void NetRxBuffers::cut_header() RT {
  header_pieces_ = 0;
  room_ -= header_bytes;
  for (std::size_t left = header_bytes; left > 0;) {
    iovec& piece = pieces_[first_piece_];
    const std::size_t part = std::min(piece.iov_len, left);
    header_[header_pieces_++] = {.iov_base = piece.iov_base, .iov_len = part};
    piece = cut(piece, part);
    left -= part;
    if (piece.iov_len != 0) continue;
    ++first_piece_;
    --pieces_count_;
    --buffers_[first_].pieces;
  }
}

void NetRxBuffers::write(std::uint64_t offset, std::span<const std::byte> from) const RT {
  for_range(frame_pieces(), offset, from.size(),
            [from](std::byte* to, std::size_t n, std::size_t done) {
              std::memcpy(to, from.data() + done, n);
            });
}

std::size_t NetRxBuffers::read(std::uint64_t offset, std::span<std::byte> to) const RT {
  return for_range(
      frame_pieces(), offset, to.size(),
      [to](const std::byte* from, std::size_t n, std::size_t done) {
        std::memcpy(to.data() + done, from, n);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the copy is used, not the guest's
      });
}

void NetRxBuffers::write_header(const NetHeader& header) const RT {
  const auto from = std::as_bytes(std::span{&header, 1});
  for_range(std::span{header_}.first(header_pieces_), 0, from.size(),
            [from](std::byte* to, std::size_t n, std::size_t done) {
              std::memcpy(to, from.data() + done, n);
            });
}

void NetRxBuffers::drop_first() RT {
  const Buffer& buffer = buffers_[first_];
  first_piece_ += buffer.pieces;
  pieces_count_ -= buffer.pieces;
  ++first_;
  --count_;
}

/// All but the last are full (5.1.6.4.1).
void NetRxBuffers::use(Virtqueue& queue, const FrameHeader& header, std::size_t bytes) RT {
  std::uint64_t left = bytes + header_bytes;
  NetHeader out{.frame = header, .num_buffers = 0};
  for (bool more = true; more; more = left > 0) {
    const Buffer& buffer = buffers_[first_];
    const std::uint64_t written = std::min(buffer.bytes, left);
    queue.push(buffer.ticket, static_cast<std::uint32_t>(written));
    left -= written;
    room_ -= buffer.bytes;
    ++out.num_buffers;
    drop_first();
  }
  room_ += header_bytes;
  write_header(out);  // before it is published
  if (count_ > 0) cut_header();
}

}  // namespace takt::virtio
