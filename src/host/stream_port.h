// SPDX-License-Identifier: Apache-2.0
// Frames over a Unix stream socket, each behind its length (frame_reader.h): the way to passt, to
// QEMU's `-netdev stream` and to other user-space switches. Nothing is left undone in either
// direction: such a peer knows no checksum offload.
//
// A peer that goes is not waited for, and nobody connects again: the link is down from then on,
// what is sent is dropped and counted, and what had been received before is still given out.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/pi_mutex.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/frame_port.h"
#include "host/event_loop.h"
#include "host/frame_reader.h"

namespace takt {

class StreamPort final : public FramePort {
 public:
  static constexpr std::size_t most_pieces = 64;
  static constexpr std::size_t most_sent_bytes = 64 * 1024;

  /// To who listens at `path`, for `loop`, which ends before the port goes. `device` stands in the
  /// records. Set-up: connecting may block.
  static Result<std::unique_ptr<StreamPort>> connect(const std::string& path, EventLoop& loop,
                                                     DeviceId device);
  /// With a socket that is connected already.
  static Result<std::unique_ptr<StreamPort>> adopt(Fd socket, EventLoop& loop, DeviceId device);

  /// Called once, on the loop's thread, when the peer has gone: not by a call of the device's, so
  /// it may take the device's lock. Before the loop runs.
  void on_disconnect(std::function<void()> call) { on_disconnect_ = std::move(call); }
  /// Whether the peer is there. Any thread, as the next.
  [[nodiscard]] bool connected() const RT { return connected_.load(std::memory_order_relaxed); }
  /// Frames that were not sent: the peer has gone, or the frame is none.
  [[nodiscard]] std::uint64_t send_drops() const RT {
    return send_drops_.load(std::memory_order_relaxed);
  }

  [[nodiscard]] FrameOffloads send_offloads() const RT override { return {}; }
  [[nodiscard]] FrameOffloads receive_offloads() const RT override { return {}; }
  void set_receive_offloads(const FrameOffloads&) RT override {}
  [[nodiscard]] bool send(const FrameHeader& header, std::span<const iovec> pieces) RT override;
  [[nodiscard]] std::optional<Received> receive(std::span<const iovec> pieces) RT override;
  void want_receive(bool want) RT override;
  void want_send(bool want) RT override;

 private:
  StreamPort(Fd socket, EventLoop& loop) : socket_{std::move(socket)}, bell_{loop} {}
  enum class Sent : std::uint8_t { all, nothing, failed };
  [[nodiscard]] Sent send_now_or_keep_rest(std::span<const iovec> pieces, std::size_t bytes) RT
      REQUIRES(lock_);
  [[nodiscard]] bool send_rest() RT REQUIRES(lock_);
  [[nodiscard]] bool fill() RT REQUIRES(lock_);
  void lose_peer() RT REQUIRES(lock_);
  void set_watch() RT REQUIRES(lock_);
  [[nodiscard]] bool take_events(std::uint32_t events) RT;
  void ready(std::uint32_t events) RT;
  bool drop() RT;

  Fd socket_;
  Bell& bell_;
  EventLoop::Watch* watch_ = nullptr;
  std::function<void()> on_disconnect_ = [] {};
  std::atomic<bool> connected_ = true;
  std::atomic<std::uint64_t> send_drops_ = 0;

  PiMutex lock_;  // the loop's thread comes here without the device's lock
  bool want_receive_ GUARDED_BY(lock_) = false;
  bool want_send_ GUARDED_BY(lock_) = false;
  bool open_ GUARDED_BY(lock_) = true;      // there may be more to read
  bool hung_up_ GUARDED_BY(lock_) = false;  // the loop has told that the peer has gone
  FrameReader reader_ GUARDED_BY(lock_);
  // Of a frame of which the socket took a part.
  std::array<std::byte, FrameReader::prefix_bytes + most_sent_bytes> rest_ GUARDED_BY(lock_){};
  std::size_t rest_begin_ GUARDED_BY(lock_) = 0;
  std::size_t rest_end_ GUARDED_BY(lock_) = 0;
};

}  // namespace takt
