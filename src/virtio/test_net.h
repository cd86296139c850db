// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the network device: the host's side, and a bell.
#pragma once

#include <algorithm>
#include <cstring>
#include <deque>
#include <vector>

#include "bus/frame_port.h"
#include "bus/work.h"
#include "virtio/net_wire.h"
#include "virtio/test_driver.h"

namespace takt::virtio::fakes {

struct CountingBell final : Bell {
  void ring() RT override { ++rings; }
  unsigned rings = 0;
};

struct TestFrame {
  FrameHeader header;
  Bytes bytes;
};

/// Has what was put into `incoming`; takes `room` frames and keeps them in `sent`.
class FakeFramePort final : public FramePort {
 public:
  FrameOffloads send_offloads() const RT override { return offloads; }
  FrameOffloads receive_offloads() const RT override { return offloads; }
  void set_receive_offloads(const FrameOffloads& o) RT override { allowed = o; }

  bool send(const FrameHeader& header, std::span<const iovec> pieces) RT override {
    ++sends;
    most_pieces = std::max(most_pieces, pieces.size());
    if (room == 0) return false;
    --room;
    TestFrame frame{header, {}};
    for (const iovec& piece : pieces) {
      const auto* from = static_cast<const std::byte*>(piece.iov_base);
      frame.bytes.insert(frame.bytes.end(), from, from + piece.iov_len);
    }
    sent.push_back(std::move(frame));
    return true;
  }
  std::optional<Received> receive(std::span<const iovec> pieces) RT override {
    most_pieces = std::max(most_pieces, pieces.size());
    if (incoming.empty()) return std::nullopt;
    const TestFrame frame = std::move(incoming.front());
    incoming.pop_front();
    Received got{.header = frame.header};
    for (const iovec& piece : pieces) {
      const std::size_t n = std::min(piece.iov_len, frame.bytes.size() - got.bytes);
      if (n != 0) std::memcpy(piece.iov_base, frame.bytes.data() + got.bytes, n);
      got.bytes += n;
    }
    got.truncated = got.bytes < frame.bytes.size();
    return got;
  }
  void want_receive(bool want) RT override { wants_receive = want; }
  void want_send(bool want) RT override { wants_send = want; }

  FrameOffloads offloads{.csum = true, .tso4 = true, .tso6 = true, .ecn = true, .ufo = false};
  FrameOffloads allowed;
  std::size_t room = ~std::size_t{0};
  std::vector<TestFrame> sent;
  std::deque<TestFrame> incoming;
  std::size_t sends = 0;
  std::size_t most_pieces = 0;
  bool wants_receive = false;
  bool wants_send = false;
};

/// An untagged frame of `bytes` bytes to `to`, each byte behind the addresses another.
inline Bytes frame_to(const MacAddress& to, std::size_t bytes, unsigned seed = 0) {
  Bytes frame(bytes);
  for (std::size_t i = 0; i < bytes; ++i) frame[i] = std::byte(i * 7 + i / 251 + seed);
  for (std::size_t i = 0; i < to.size() && i < bytes; ++i) frame[i] = std::byte{to[i]};
  if (bytes > 13) frame[12] = std::byte{0x08}, frame[13] = std::byte{0x06};
  return frame;
}

/// The header of a frame that is sent, and the frame behind it.
inline Bytes with_header(const NetHeader& header, const Bytes& frame) {
  Bytes all = bytes_of(header);
  all.insert(all.end(), frame.begin(), frame.end());
  return all;
}
inline NetHeader header_of(const Bytes& buffer) {
  NetHeader header;
  std::memcpy(&header, buffer.data(), sizeof header);
  return header;
}

}  // namespace takt::virtio::fakes
