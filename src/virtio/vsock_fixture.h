// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the socket device: a host in memory, and packets.
#pragma once

#include <algorithm>
#include <array>
#include <cstring>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "bus/vsock_backend.h"
#include "virtio/test_driver.h"
#include "virtio/vsock_format.h"

namespace takt::virtio::fakes {

class FakeHost final : public VsockBackend {
 public:
  struct Peer {
    bool open = false;  // for the device
    bool accepted = false;
    bool incoming = false;
    bool finished = false;  // the guest sends no more
    bool gone = false;      // this side takes no more
    bool ended = false;     // this side sends no more
    std::uint32_t port = 0;
    std::size_t room = SIZE_MAX;
    std::string got = {};
    std::string to_give = {};
  };

  explicit FakeHost(std::uint16_t streams = 4) : peers(streams) {}
  [[nodiscard]] std::uint16_t streams() const RT override {
    return static_cast<std::uint16_t>(peers.size());
  }
  [[nodiscard]] std::optional<Stream> connect(std::uint32_t port) RT override {
    const auto stream = free_one();
    if (!listens || !stream) return std::nullopt;
    peers[*stream] = Peer{.open = true, .accepted = true, .port = port};
    return stream;
  }
  void accept(Stream stream, std::uint32_t local_port) RT override {
    sound &= peers[stream].open && peers[stream].incoming && !peers[stream].accepted;
    peers[stream].accepted = true;
    peers[stream].port = local_port;
  }
  [[nodiscard]] Sent send(Stream stream, std::span<const iovec> pieces) RT override {
    Peer& peer = peers[stream];
    sound &= peer.open && peer.accepted && !peer.finished;
    if (peer.gone) return {.bytes = 0, .gone = true};
    std::size_t sent = 0;
    for (const iovec& piece : pieces) {
      const std::size_t n = std::min(piece.iov_len, peer.room);
      peer.got.append(static_cast<const char*>(piece.iov_base), n);
      peer.room -= n;
      sent += n;
    }
    return {.bytes = sent, .gone = false};
  }
  [[nodiscard]] Received receive(Stream stream, std::span<const iovec> pieces) RT override {
    Peer& peer = peers[stream];
    sound &= peer.open && peer.accepted && !pieces.empty();
    if (peer.to_give.empty()) return {.bytes = 0, .ended = peer.ended};
    std::size_t got = 0;
    for (const iovec& piece : pieces) {
      const std::size_t n = std::min(piece.iov_len, peer.to_give.size());
      if (n != 0) std::memcpy(piece.iov_base, peer.to_give.data(), n);
      peer.to_give.erase(0, n);
      got += n;
    }
    return {.bytes = got, .ended = false};
  }
  void finish_sending(Stream stream) RT override {
    sound &= peers[stream].open && !peers[stream].finished;
    peers[stream].finished = true;
  }
  void close(Stream stream) RT override {
    sound &= peers[stream].open;
    peers[stream].open = false;
  }
  [[nodiscard]] std::optional<Event> next_event() RT override {
    if (events.empty()) return std::nullopt;
    const Event first = events.front();
    events.pop_front();
    return first;
  }

  // --- what the host does ---
  std::optional<Stream> call(std::uint32_t guest_port) {
    const auto stream = free_one();
    if (!stream) return std::nullopt;
    peers[*stream] = Peer{.open = true, .incoming = true};
    events.push_back({.stream = *stream, .incoming = true, .port = guest_port});
    return stream;
  }
  void say(Stream stream, std::string_view text) {
    peers[stream].to_give += text;
    events.push_back({.stream = stream});
  }
  void end(Stream stream) {
    peers[stream].ended = true;
    events.push_back({.stream = stream});
  }
  void hang_up(Stream stream) {
    peers[stream].ended = peers[stream].gone = true;
    events.push_back({.stream = stream, .hung_up = true});
  }
  void make_room(Stream stream, std::size_t bytes) {
    peers[stream].room = bytes;
    events.push_back({.stream = stream});
  }

  std::vector<Peer> peers;
  std::deque<Event> events;
  bool listens = true;
  bool sound = true;  // the device has kept the contract

 private:
  [[nodiscard]] std::optional<Stream> free_one() const {
    for (std::size_t n = 0; n < peers.size(); ++n) {
      const auto is_its = [n](const Event& e) { return e.stream == n; };
      if (!peers[n].open && std::ranges::none_of(events, is_its)) return static_cast<Stream>(n);
    }
    return std::nullopt;
  }
};

}  // namespace takt::virtio::fakes
