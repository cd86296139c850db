// SPDX-License-Identifier: Apache-2.0
#include "host/tap.h"

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/nonblocking_io.h"
#include "host/tap_open.h"

namespace takt {
namespace {

/// Frames that one receive() looks at; when all of them are dropped epoll tells of more.
constexpr int most_tries = 8;

iovec piece(void* data, std::size_t bytes) RT { return {.iov_base = data, .iov_len = bytes}; }

std::size_t total(std::span<const iovec> pieces) RT {
  std::size_t bytes = 0;
  for (const iovec& one : pieces) bytes += one.iov_len;
  return bytes;
}

}  // namespace

Result<std::vector<std::unique_ptr<Tap>>> Tap::open(const std::string& name, unsigned queues,
                                                    EventLoop& loop, DeviceId device) {
  TRY(auto fds, open_tap(name, queues));
  return adopt(std::move(fds), loop, device);
}

Result<std::vector<std::unique_ptr<Tap>>> Tap::adopt(std::vector<Fd> fds, EventLoop& loop,
                                                     DeviceId device) {
  std::shared_ptr<TapControl> control;
  std::vector<std::unique_ptr<Tap>> taps;
  for (Fd& given : fds) {
    TRY(Fd fd, check_tap(std::move(given)));
    if (!control) {
      const Fd* first = &fd;
      TRY(control, TapControl::start({&first, 1}));
    }
    taps.emplace_back(new Tap{std::move(fd), control});
    Tap& tap = *taps.back();
    TRY(tap.watch_,
        loop.watch(tap.fd_.raw(), 0, device, [&tap](std::uint32_t events) { tap.ready(events); }));
  }
  return taps;
}

FrameOffloads Tap::send_offloads() const RT { return tap_offloads; }
FrameOffloads Tap::receive_offloads() const RT { return tap_offloads; }

void Tap::set_receive_offloads(const FrameOffloads& offloads) RT {
  allowed_ = offloads;
  control_->want_offloads(offloads);
}

bool Tap::send(const FrameHeader& header, std::span<const iovec> pieces) RT {
  std::array<iovec, most_pieces + 1> all;
  FrameHeader copy = header;
  all[0] = piece(&copy, sizeof copy);
  const std::size_t count = std::min(pieces.size(), most_pieces);
  std::ranges::copy(pieces.first(count), all.begin() + 1);
  if (count == pieces.size() && writev_now(fd_, std::span{all}.first(count + 1)) >= 0) return true;
  if (count == pieces.size() && (errno == EAGAIN || errno == EINTR)) return false;
  send_drops_.fetch_add(1, relaxed);
  return true;
}

/// The kernel cuts a frame that does not fit and does not say so: a byte more than fits tells.
std::optional<FramePort::Received> Tap::receive(std::span<const iovec> pieces) RT {
  if (quiet_.load(relaxed)) return std::nullopt;
  std::array<iovec, most_pieces + 2> all;
  Received received;
  char over = 0;
  const std::size_t count = std::min(pieces.size(), most_pieces);
  all[0] = piece(&received.header, sizeof received.header);
  std::ranges::copy(pieces.first(count), all.begin() + 1);
  all[count + 1] = piece(&over, sizeof over);
  const std::size_t room = total(pieces.first(count));
  for (int tries = 0; tries < most_tries; ++tries) {
    const ssize_t n = readv_now(fd_, std::span{all}.first(count + 2));
    if (n < static_cast<ssize_t>(sizeof received.header)) {
      quiet_.store(n < 0 && errno == EAGAIN && want_receive_.load(relaxed), relaxed);
      return std::nullopt;
    }
    const std::size_t bytes = static_cast<std::size_t>(n) - sizeof received.header;
    received.bytes = std::min(bytes, room);
    received.truncated = bytes > room;
    if (takes(received.header)) return received;
    receive_drops_.fetch_add(1, relaxed);
  }
  return std::nullopt;
}

bool Tap::takes(const FrameHeader& header) const RT {
  if ((header.flags & FrameHeader::needs_csum) != 0 && !allowed_.csum) return false;
  if ((header.gso_type & FrameHeader::gso_ecn) != 0 && !allowed_.ecn) return false;
  switch (header.gso_type & ~FrameHeader::gso_ecn) {
    case FrameHeader::gso_none: return true;
    case FrameHeader::gso_tcpv4: return allowed_.tso4;
    case FrameHeader::gso_tcpv6: return allowed_.tso6;
    case FrameHeader::gso_udp: return allowed_.ufo;
    default: return false;
  }
}

void Tap::want_receive(bool want) RT {
  const PiLock lock{watching_};
  want_receive_ = want;
  quiet_ = false;
  set_watch();
}

void Tap::want_send(bool want) RT {
  const PiLock lock{watching_};
  want_send_ = want;
  set_watch();
}

void Tap::set_watch() RT {
  std::uint32_t events = 0;
  if (want_receive_) events |= EPOLLIN;
  if (want_send_) events |= EPOLLOUT;
  watch_->want(gone_ ? 0 : events);
}

/// What is ready is seen to by the device's work, which the loop calls next. An interface that was
/// removed is an error for ever.
void Tap::ready(std::uint32_t events) RT {
  const PiLock lock{watching_};
  quiet_ = false;
  gone_ = gone_ || (events & EPOLLERR) != 0;
  if (gone_) set_watch();
}

}  // namespace takt
