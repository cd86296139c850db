// SPDX-License-Identifier: Apache-2.0
#include "host/vsock_proxy.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "base/nonblocking_io.h"

namespace takt {
namespace {

constexpr std::uint32_t watched = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr std::size_t port_digits = 10;
constexpr std::size_t longest_greeting = 32;
constexpr unsigned callers_in_a_turn = 16;
constexpr int backlog = 128;

const sockaddr* raw(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}

Result<sockaddr_un> address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::size_t most = sizeof address.sun_path - 1 - port_digits - 1;
  if (path.empty() || path.size() > most)
    return usage_error(fmt::format("vsock: '{}': a path has 1 to {} bytes", path, most));
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

std::uint64_t inode_of(const char* path) {
  struct stat there{};
  return ::lstat(path, &there) == 0 ? there.st_ino : 0;
}

Result<> make_place(const sockaddr_un& address) {
  struct stat there{};
  if (::lstat(address.sun_path, &there) != 0) return {};
  if (!S_ISSOCK(there.st_mode))
    return usage_error(
        fmt::format("vsock: {} is there already, and is no socket", address.sun_path));
  const Fd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!probe) return sys_error("socket");
  if (::connect(probe.raw(), raw(address), sizeof address) == 0 || errno != ECONNREFUSED)
    return usage_error(fmt::format("vsock: somebody else listens at {}", address.sun_path));
  ::unlink(address.sun_path);
  return {};
}

/// The user's own.
Result<Fd> listen_at(const sockaddr_un& address) {
  TRY_VOID(make_place(address));
  Fd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (!fd) return sys_error("socket");
  const mode_t before = ::umask(0177);
  const int bound = ::bind(fd.raw(), raw(address), sizeof address);
  const int error = errno;
  ::umask(before);
  errno = error;
  if (bound != 0 || ::listen(fd.raw(), backlog) != 0)
    return sys_error(fmt::format("vsock: listen at {}", address.sun_path));
  return fd;
}

/// The port of "CONNECT P", without the line's end.
std::optional<std::uint32_t> port_of(std::string_view line) RT {
  constexpr std::string_view word = "CONNECT ";
  if (!line.starts_with(word)) return std::nullopt;
  line.remove_prefix(word.size());
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(line.begin(), line.end(), port);
  if (error != std::errc{} || end != line.end()) return std::nullopt;
  return port;
}

}  // namespace

Result<std::unique_ptr<VsockProxy>> VsockProxy::create(const VsockProxyConfig& config,
                                                       EventLoop& loop, DeviceId device) {
  TRY(const sockaddr_un address, address_of(config.path));
  TRY(Fd listener, listen_at(address));
  std::unique_ptr<VsockProxy> proxy{
      new VsockProxy{std::move(listener), address, config.path.size(), loop, config.streams}};
  TRY_VOID(proxy->watch_by(loop, device));
  return proxy;
}

VsockProxy::VsockProxy(Fd listener, const sockaddr_un& address, std::size_t path_bytes,
                       EventLoop& loop, std::uint16_t streams)
    : listener_{std::move(listener)},
      address_{address},
      path_bytes_{path_bytes},
      inode_{inode_of(address.sun_path)},
      bell_{loop},
      slots_(streams),
      ready_((streams + 63u) / 64) {
  for (std::uint16_t n = streams; n > 0; --n) free_.push_back(static_cast<Stream>(n - 1));
  free_count_ = free_.size();
}

/// Not when somebody has put another one there.
VsockProxy::~VsockProxy() {
  if (inode_of(address_.sun_path) == inode_) ::unlink(address_.sun_path);
}

Result<> VsockProxy::watch_by(EventLoop& loop, DeviceId device) {
  for (std::size_t n = 0; n < slots_.size(); ++n)
    slots_[n].watch = loop.reserve(device, [this, n](std::uint32_t) { note_ready(n); });
  TRY([[maybe_unused]] const auto* watch,
      loop.watch(listener_.raw(), EPOLLIN | EPOLLET, device,
                 [this](std::uint32_t) { called_.store(true, std::memory_order_release); }));
  return {};
}

void VsockProxy::note_ready(std::size_t stream) RT {
  ready_[stream / 64].fetch_or(1ull << stream % 64, std::memory_order_release);
}

// --- from the guest ---

std::optional<VsockBackend::Stream> VsockProxy::connect(std::uint32_t port) RT {
  if (free_count_ == 0) return std::nullopt;
  sockaddr_un address = address_;
  char* const end = address.sun_path + path_bytes_;
  *end = '_';
  std::to_chars(end + 1, end + 1 + port_digits, port);
  Fd fd;
  {
    const rt::Allowed looks_a_path_up;
    fd = Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
    if (!fd || ::connect(fd.raw(), raw(address), sizeof address) != 0) {
      fd = Fd{};
      return std::nullopt;
    }
  }
  const Stream stream = free_[free_count_ - 1];
  if (!open(stream, std::move(fd), Phase::open)) return std::nullopt;
  return stream;
}

/// Takes the stream that is the next free one.
bool VsockProxy::open(Stream stream, Fd fd, Phase phase) RT {
  Slot& slot = slots_[stream];
  slot.fd = std::move(fd);
  slot.phase = phase;
  slot.full = false;
  --free_count_;
  if (slot.watch->set_fd(slot.fd.raw(), watched)) return true;
  close(stream);
  return false;
}

void VsockProxy::accept(Stream stream, std::uint32_t local_port) RT {
  std::array<char, 16> text{'O', 'K', ' '};
  const auto digits = std::to_chars(text.data() + 3, text.data() + text.size() - 1, local_port);
  *digits.ptr = '\n';
  const iovec piece{text.data(), static_cast<std::size_t>(digits.ptr + 1 - text.data())};
  // The first bytes of a socket find room. Who has gone is found out later.
  static_cast<void>(send_now(slots_[stream].fd, {&piece, 1}));
}

VsockBackend::Sent VsockProxy::send(Stream stream, std::span<const iovec> pieces) RT {
  Slot& slot = slots_[stream];
  std::size_t all = 0;
  for (const iovec& piece : pieces) all += piece.iov_len;
  const ssize_t n = send_now(slot.fd, pieces);
  if (n < 0 && errno != EAGAIN && errno != EINTR && errno != ENOBUFS && errno != ENOMEM)
    return {.bytes = 0, .gone = true};
  const std::size_t sent = n < 0 ? 0 : static_cast<std::size_t>(n);
  if (sent < all && !std::exchange(slot.full, true)) slot.watch->want(watched | EPOLLOUT);
  return {.bytes = sent, .gone = false};
}

VsockBackend::Received VsockProxy::receive(Stream stream, std::span<const iovec> pieces) RT {
  const ssize_t n = readv_now(slots_[stream].fd, pieces);
  if (n > 0) return {.bytes = static_cast<std::size_t>(n), .ended = false};
  return {.bytes = 0, .ended = n == 0 || (errno != EAGAIN && errno != EINTR && errno != ENOMEM)};
}

void VsockProxy::finish_sending(Stream stream) RT { ::shutdown(slots_[stream].fd.raw(), SHUT_WR); }

void VsockProxy::close(Stream stream) RT {
  Slot& slot = slots_[stream];
  static_cast<void>(slot.watch->set_fd(-1, 0));
  slot.phase = Phase::none;
  {
    const rt::Allowed closes_a_unix_socket;
    slot.fd = Fd{};
  }
  free_[free_count_++] = stream;
  if (!std::exchange(callers_wait_, false)) return;
  called_.store(true, std::memory_order_relaxed);
  bell_.ring();
}

// --- from the host ---

std::optional<VsockBackend::Event> VsockProxy::next_event() RT {
  if (called_.exchange(false, std::memory_order_acquire)) take_callers();
  while (const auto stream = next_ready())
    if (const auto event = look_at(*stream)) return event;
  return std::nullopt;
}

void VsockProxy::take_callers() RT {
  for (unsigned n = 0; n < callers_in_a_turn; ++n)
    if (!take_caller()) return;
  called_.store(true, std::memory_order_relaxed);
  bell_.ring();
}

/// True: there may be another one.
bool VsockProxy::take_caller() RT {
  callers_wait_ = free_count_ == 0;
  if (callers_wait_) return false;
  Fd fd;
  {
    const rt::Allowed accepts_a_unix_socket;
    fd = Fd{::accept4(listener_.raw(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
  }
  if (fd) {
    static_cast<void>(open(free_[free_count_ - 1], std::move(fd), Phase::greeting));
    return true;
  }
  callers_wait_ = errno != EAGAIN;  // no descriptor is left, or no memory: when one is given back
  return errno == ECONNABORTED;
}

std::optional<VsockBackend::Stream> VsockProxy::next_ready() RT {
  for (std::size_t word = 0; word < ready_.size(); ++word) {
    const std::uint64_t bits = ready_[word].load(std::memory_order_acquire);
    if (bits == 0) continue;
    const auto bit = static_cast<unsigned>(std::countr_zero(bits));
    ready_[word].fetch_and(~(1ull << bit), std::memory_order_acq_rel);
    return static_cast<Stream>(word * 64 + bit);
  }
  return std::nullopt;
}

std::optional<VsockBackend::Event> VsockProxy::look_at(Stream stream) RT {
  Slot& slot = slots_[stream];
  if (slot.phase == Phase::none) return std::nullopt;  // what the one before had to report
  if (slot.phase == Phase::greeting) return read_greeting(stream);
  if (std::exchange(slot.full, false)) slot.watch->want(watched);
  return Event{.stream = stream, .incoming = false, .port = 0, .hung_up = hung_up(slot)};
}

/// Takes the line and nothing behind it.
std::optional<VsockBackend::Event> VsockProxy::read_greeting(Stream stream) RT {
  Slot& slot = slots_[stream];
  std::array<char, longest_greeting> text;
  const rt::Allowed reads_a_socket_that_does_not_block;
  const ssize_t n = ::recv(slot.fd.raw(), text.data(), text.size(), MSG_PEEK | MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return std::nullopt;
  const std::string_view there{text.data(), n > 0 ? static_cast<std::size_t>(n) : 0};
  const std::size_t length = there.find('\n');
  if (length == there.npos) {
    // A line that goes on later; if not, the hang-up is another event.
    if (there.empty() || there.size() == text.size() || hung_up(slot)) close(stream);
    return std::nullopt;
  }
  const auto port = port_of(there.substr(0, length));
  if (!port || ::recv(slot.fd.raw(), text.data(), length + 1, MSG_DONTWAIT) < 0) {
    close(stream);
    return std::nullopt;
  }
  slot.phase = Phase::open;
  return Event{.stream = stream, .incoming = true, .port = *port, .hung_up = hung_up(slot)};
}

/// Both directions are at their end. epoll's word for it may be about a descriptor before this one.
bool VsockProxy::hung_up(const Slot& slot) const RT {
  pollfd p{.fd = slot.fd.raw(), .events = 0, .revents = 0};
  const rt::Allowed asks_and_does_not_wait;
  return ::poll(&p, 1, 0) == 1 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

}  // namespace takt
