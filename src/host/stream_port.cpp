// SPDX-License-Identifier: Apache-2.0
#include "host/stream_port.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/nonblocking_io.h"

namespace takt {
namespace {

/// Reads that one receive() makes; when there is more epoll tells.
constexpr int most_fills = 2;

std::array<std::byte, FrameReader::prefix_bytes> prefix_of(std::size_t bytes) RT {
  return {std::byte(bytes >> 24), std::byte(bytes >> 16), std::byte(bytes >> 8), std::byte(bytes)};
}

bool try_later() RT { return errno == EAGAIN || errno == EINTR; }

/// The size of what may be sent; 0 for what may not.
std::size_t frame_bytes(const FrameHeader& header, std::span<const iovec> pieces) RT {
  std::size_t bytes = 0;
  if ((header.flags & FrameHeader::needs_csum) != 0 || header.gso_type != FrameHeader::gso_none)
    return 0;
  if (pieces.size() > StreamPort::most_pieces) return 0;
  for (const iovec& piece : pieces) {
    if (piece.iov_len > StreamPort::most_sent_bytes - bytes) return 0;
    bytes += piece.iov_len;
  }
  return bytes;
}

/// How much of the frame went into the pieces.
std::size_t scatter(std::span<const std::byte> frame, std::span<const iovec> pieces) RT {
  std::size_t done = 0;
  for (const iovec& piece : pieces) {
    const std::size_t some = std::min(piece.iov_len, frame.size() - done);
    if (some == 0) continue;
    std::memcpy(piece.iov_base, frame.data() + done, some);
    done += some;
  }
  return done;
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return usage_error(fmt::format("socket {}: a path has 1 to {} characters", one_line(path),
                                   sizeof address.sun_path - 1));
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  return address;
}

Result<> check_socket(const Fd& socket) {
  int type = 0;
  socklen_t bytes = sizeof type;
  if (::getsockopt(socket.raw(), SOL_SOCKET, SO_TYPE, &type, &bytes) != 0 || type != SOCK_STREAM)
    return usage_error(fmt::format("descriptor {} is no stream socket", socket.raw()));
  return {};
}

}  // namespace

Result<std::unique_ptr<StreamPort>> StreamPort::connect(const std::string& path, EventLoop& loop,
                                                        DeviceId device) {
  TRY(const sockaddr_un address, address_of(path));
  Fd socket{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const auto* to = reinterpret_cast<const sockaddr*>(&address);
  if (!socket || ::connect(socket.raw(), to, sizeof address) != 0) {
    const bool nobody = errno == ECONNREFUSED || errno == ENOENT;
    auto error = sys_error(fmt::format("connect to {}", path));
    if (nobody) error.error().text += " (start the switch, or passt --socket, first)";
    return error;
  }
  return adopt(std::move(socket), loop, device);
}

Result<std::unique_ptr<StreamPort>> StreamPort::adopt(Fd socket, EventLoop& loop, DeviceId device) {
  TRY_VOID(check_socket(socket));
  const int flags = ::fcntl(socket.raw(), F_GETFL);
  if (::fcntl(socket.raw(), F_SETFL, flags | O_NONBLOCK) != 0 ||
      ::fcntl(socket.raw(), F_SETFD, FD_CLOEXEC) != 0)
    return sys_error("fcntl");
  std::unique_ptr<StreamPort> made{new StreamPort{std::move(socket), loop}};
  StreamPort& port = *made;
  TRY(port.watch_, loop.watch(port.socket_.raw(), EPOLLRDHUP, device,
                              [&port](std::uint32_t events) { port.ready(events); }));
  return made;
}

bool StreamPort::send(const FrameHeader& header, std::span<const iovec> pieces) RT {
  const std::size_t bytes = frame_bytes(header, pieces);
  const PiLock lock{lock_};
  if (bytes == 0 || !connected()) return drop();
  if (!send_rest()) return !connected() && drop();
  switch (send_now_or_keep_rest(pieces, bytes)) {
    case Sent::all: return true;
    case Sent::nothing: return false;
    case Sent::failed: break;
  }
  lose_peer();
  return drop();
}

bool StreamPort::drop() RT {
  send_drops_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

/// What the socket did not take of a frame that has begun is copied: the device is done with it.
StreamPort::Sent StreamPort::send_now_or_keep_rest(std::span<const iovec> pieces,
                                                   std::size_t bytes) RT {
  std::array<iovec, most_pieces + 1> all;
  auto prefix = prefix_of(bytes);
  all[0] = {.iov_base = prefix.data(), .iov_len = prefix.size()};
  std::ranges::copy(pieces, all.begin() + 1);
  const ssize_t n = send_now(socket_, std::span{all}.first(pieces.size() + 1));
  if (n < 0) return try_later() ? Sent::nothing : Sent::failed;
  std::size_t skip = static_cast<std::size_t>(n);
  rest_begin_ = rest_end_ = 0;
  for (const iovec& piece : std::span{all}.first(pieces.size() + 1)) {
    const std::size_t sent = std::min(skip, piece.iov_len);
    skip -= sent;
    if (sent == piece.iov_len) continue;
    std::memcpy(&rest_[rest_end_], static_cast<const std::byte*>(piece.iov_base) + sent,
                piece.iov_len - sent);
    rest_end_ += piece.iov_len - sent;
  }
  set_watch();
  return Sent::all;
}

/// True: nothing is left of the frame before.
bool StreamPort::send_rest() RT {
  if (rest_begin_ == rest_end_) return true;
  const iovec left{.iov_base = &rest_[rest_begin_], .iov_len = rest_end_ - rest_begin_};
  const ssize_t n = send_now(socket_, {&left, 1});
  if (n < 0 && !try_later()) lose_peer();
  if (n > 0) rest_begin_ += static_cast<std::size_t>(n);
  if (rest_begin_ == rest_end_) set_watch();
  return rest_begin_ == rest_end_ && connected();
}

std::optional<FramePort::Received> StreamPort::receive(std::span<const iovec> pieces) RT {
  const PiLock lock{lock_};
  for (int fills = 0; !reader_.next(); ++fills) {
    if (reader_.broken()) lose_peer();
    if (fills == most_fills || !fill()) return std::nullopt;
  }
  const std::span<const std::byte> frame = *reader_.next();
  Received received{.header = {}, .bytes = scatter(frame, pieces)};
  received.truncated = received.bytes < frame.size();
  reader_.drop();
  return received;
}

bool StreamPort::fill() RT {
  if (!open_) return false;
  const std::span<std::byte> room = reader_.room();
  const iovec piece{.iov_base = room.data(), .iov_len = room.size()};
  const ssize_t n = readv_now(socket_, {&piece, 1});
  if (n == 0 || (n < 0 && !try_later())) lose_peer();
  if (n > 0) reader_.filled(static_cast<std::size_t>(n));
  return n > 0;
}

/// There is nothing more to read. The loop tells the rest: a socket that is shut down is reported.
void StreamPort::lose_peer() RT {
  open_ = false;
  connected_.store(false, std::memory_order_relaxed);
  rest_begin_ = rest_end_ = 0;
  ::shutdown(socket_.raw(), SHUT_RDWR);  // of a Unix socket: does not wait for anything
  set_watch();
}

/// A frame that is here already is nothing that epoll knows of.
void StreamPort::want_receive(bool want) RT {
  const PiLock lock{lock_};
  want_receive_ = want;
  set_watch();
  if (want && reader_.next()) bell_.ring();
}

void StreamPort::want_send(bool want) RT {
  const PiLock lock{lock_};
  want_send_ = want;
  set_watch();
  if (want && !connected()) bell_.ring();
}

void StreamPort::set_watch() RT {
  std::uint32_t events = 0;
  if (!hung_up_) events |= EPOLLRDHUP;
  if (open_ && want_receive_) events |= EPOLLIN;
  if (connected() && (want_send_ || rest_begin_ != rest_end_)) events |= EPOLLOUT;
  watch_->want(events);
}

void StreamPort::ready(std::uint32_t events) RT {
  if (take_events(events)) on_disconnect_();
}

/// True, once: the peer has gone. What it sent before may still be read.
bool StreamPort::take_events(std::uint32_t events) RT {
  const PiLock lock{lock_};
  if ((events & EPOLLOUT) != 0) (void)send_rest();
  if (hung_up_ || (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) == 0) return false;
  hung_up_ = true;
  connected_.store(false, std::memory_order_relaxed);
  rest_begin_ = rest_end_ = 0;
  set_watch();
  return true;
}

}  // namespace takt
