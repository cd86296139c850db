// SPDX-License-Identifier: Apache-2.0
// The host's end of a socket device: Unix sockets, in the way that users of other VMMs know.
//
//   guest to host   the guest connects to port P of CID 2: here to the socket PATH_P
//   host to guest   a program connects to PATH and writes "CONNECT P\n"; when the guest's port P
//                   has accepted it reads "OK N\n", where N is its own port as the guest sees it
//
// The calls that connect, accept and close look paths up and take kernel locks: they are for a
// server that is not real-time, and stand in holes that say so. All sockets are non-blocking.
//
// A descriptor's handler does no more than note that it was called; all else is done in the calls
// of the device's, so that the device's lock, where it has one, covers it.
#pragma once

#include <sys/un.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "bus/vsock_backend.h"
#include "host/event_loop.h"

namespace takt {

struct VsockProxyConfig {
  std::string path;
  std::uint16_t streams = 256;  // at once, in both directions
};

class VsockProxy final : public VsockBackend {
 public:
  /// For a device of `loop`, which has ended before the proxy goes, and goes after it. A socket
  /// that nobody listens at any more is replaced.
  static Result<std::unique_ptr<VsockProxy>> create(const VsockProxyConfig& config, EventLoop& loop,
                                                    DeviceId device);
  VsockProxy(const VsockProxy&) = delete;
  VsockProxy& operator=(const VsockProxy&) = delete;
  /// Removes the socket.
  ~VsockProxy() override;

  [[nodiscard]] std::uint16_t streams() const RT override {
    return static_cast<std::uint16_t>(slots_.size());
  }
  [[nodiscard]] std::optional<Stream> connect(std::uint32_t port) RT override;
  void accept(Stream stream, std::uint32_t local_port) RT override;
  [[nodiscard]] Sent send(Stream stream, std::span<const iovec> pieces) RT override;
  [[nodiscard]] Received receive(Stream stream, std::span<const iovec> pieces) RT override;
  void finish_sending(Stream stream) RT override;
  void close(Stream stream) RT override;
  [[nodiscard]] std::optional<Event> next_event() RT override;

 private:
  enum class Phase : std::uint8_t {
    none,
    greeting,  // it has not said yet where it wants to go
    open,      // the device knows of it
  };
  struct Slot {
    Fd fd;
    EventLoop::Watch* watch = nullptr;
    Phase phase = Phase::none;
    bool full = false;  // send() waits for room
  };

  VsockProxy(Fd listener, const sockaddr_un& address, std::size_t path_bytes, EventLoop& loop,
             std::uint16_t streams);
  Result<> watch_by(EventLoop& loop, DeviceId device);
  void take_callers() RT;
  [[nodiscard]] bool take_caller() RT;
  [[nodiscard]] bool open(Stream stream, Fd fd, Phase phase) RT;
  [[nodiscard]] std::optional<Stream> next_ready() RT;
  [[nodiscard]] std::optional<Event> look_at(Stream stream) RT;
  [[nodiscard]] std::optional<Event> read_greeting(Stream stream) RT;
  [[nodiscard]] bool hung_up(const Slot& slot) const RT;
  void note_ready(std::size_t stream) RT;

  Fd listener_;
  const sockaddr_un address_;
  const std::size_t path_bytes_;  // of address_
  const std::uint64_t inode_;     // of the socket's
  Bell& bell_;
  std::vector<Slot> slots_;
  std::vector<Stream> free_;  // the first free_count_ of them are
  std::size_t free_count_ = 0;
  bool callers_wait_ = false;  // for a stream
  std::atomic<bool> called_ = false;
  std::vector<std::atomic<std::uint64_t>> ready_;  // a bit for each stream
};

}  // namespace takt
