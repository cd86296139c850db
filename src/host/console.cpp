// SPDX-License-Identifier: Apache-2.0
#include "host/console.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "base/cycles.h"
#include "record/thread_recorder.h"

namespace takt {
namespace {

constexpr int longest_retry_ms = 64;  // the guest does not read its UART: ask ever more rarely
constexpr int pty_retry_ms = 250;     // a hung-up pty tells nobody when it is opened again
constexpr int finish_ms = 1000;
constexpr int finish_step_ms = 50;

bool wait_writable(int fd, int timeout_ms) {
  pollfd p{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLOUT) != 0;
}

}  // namespace

Result<std::unique_ptr<Console>> Console::create(ConsoleEndpoint endpoint, EventLoop& loop,
                                                 DeviceId device) {
  std::unique_ptr<Console> console{new Console{std::move(endpoint), loop, device}};
  TRY_VOID(console->watch_by(loop));
  return console;
}

Result<> Console::watch_by(EventLoop& loop) {
  timer_ = Fd{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!timer_) return sys_error("timerfd_create");
  TRY(in_, Stream::create(end_.in(), Direction::in, loop, device_,
                          [this](std::uint32_t events) { input_ready(events); }));
  TRY(out_, Stream::create(end_.out(), Direction::out, loop, device_,
                           [this](std::uint32_t) { out_blocked_ = false; }));
  in_open_ = in_.fd() >= 0;
  TRY([[maybe_unused]] const auto* watch,
      loop.watch(timer_.raw(), EPOLLIN, device_, [this](std::uint32_t) { look_again(); }));
  loop.add(*this);
  return {};
}

Result<> Console::start(const std::string& name) {
  TRY_VOID(in_.start(name + "-in"));
  return out_.start(name + "-out");
}

std::vector<pid_t> Console::threads() const {
  std::vector<pid_t> tids;
  for (const Stream* stream : {&in_, &out_})
    if (stream->pump() != nullptr) tids.push_back(stream->pump()->tid());
  return tids;
}

std::uint64_t Console::dropped() const {
  const std::uint64_t beyond = out_.pump() == nullptr ? 0 : out_.pump()->dropped();
  return dropped_.load(std::memory_order_relaxed) + beyond;
}

bool Console::push(std::uint8_t byte) RT {
  const bool stored = ring_.push(byte);
  bell_.ring();
  return stored;
}

/// One ring of the bell for all.
std::size_t Console::push_some(std::span<const std::uint8_t> bytes) RT {
  std::size_t taken = 0;
  while (taken < bytes.size() && ring_.push(bytes[taken])) ++taken;
  bell_.ring();
  return taken;
}

Worked Console::work() RT {
  const std::uint64_t begin = cycles();
  if (fill_output()) {
    client_.tx_resume();
    offer_due_ = true;  // output is often the answer to input
  }
  const bool written = write_output();
  const bool offered = offer_input();
  set_watches();
  if (!written && !offered) return Worked::nothing;
  put_record({.at = begin,
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::job,
              .device = device_});
  const bool more = written && !(out_pending_.empty() && ring_.empty());
  return more ? Worked::some : Worked::all;
}

/// Takes the next piece off the ring once the one before is out. True: there is room in the ring.
bool Console::fill_output() RT {
  if (!out_pending_.empty()) return false;
  std::size_t n = 0;
  while (n < out_buffer_.size()) {
    const auto byte = ring_.pop();
    if (!byte) break;
    out_buffer_[n++] = *byte;
  }
  out_pending_ = {out_buffer_.data(), n};
  return n > 0;
}

/// Less than PIPE_BUF bytes after the descriptor said that it is writable: does not block, but for
/// a terminal that could not be opened again (stream.cpp). True: some bytes have gone.
bool Console::write_output() RT {
  if (out_pending_.empty() || out_blocked_) return false;
  if (out_.fd() < 0) return out_pending_ = {}, true;
  const rt::Allowed a_descriptor_that_does_not_block;
  pollfd p{.fd = out_.fd(), .events = POLLOUT, .revents = 0};
  ::poll(&p, 1, 0);
  if (end_.is_pty() && (p.revents & POLLHUP) != 0) return drop_output(), true;
  out_blocked_ = p.revents == 0;  // an error or a hang-up shows in the write
  if (out_blocked_) return false;
  const ssize_t n = ::write(out_.fd(), out_pending_.data(), out_pending_.size());
  if (n < 0 && errno != EAGAIN && errno != EINTR) return drop_output(), true;
  out_blocked_ = n < 0;
  if (out_blocked_) return false;
  out_pending_ = out_pending_.subspan(static_cast<std::size_t>(n));
  return true;
}

/// Nobody there, or never again (EPIPE, ENOSPC): the guest must not hang on it.
void Console::drop_output() RT {
  dropped_.fetch_add(out_pending_.size(), std::memory_order_relaxed);
  out_pending_ = {};
}

void Console::input_ready(std::uint32_t events) RT {
  hung_up_ = end_.is_pty() && (events & EPOLLHUP) != 0;
  if (!hung_up_ || (events & EPOLLIN) != 0) read_input();
}

void Console::read_input() RT {
  std::array<std::uint8_t, 256> raw;
  const ssize_t n = [&] {
    const rt::Allowed epoll_said_it_is_ready;
    return ::read(in_.fd(), raw.data(), raw.size());
  }();
  if (n > 0) return take_input(std::span{raw}.first(static_cast<std::size_t>(n)));
  if (n < 0 && (errno == EINTR || errno == EAGAIN || end_.is_pty())) return;
  in_open_ = false;
}

void Console::take_input(std::span<const std::uint8_t> bytes) RT {
  std::ranges::copy(in_pending_, in_buffer_.begin());
  std::size_t kept = in_pending_.size();
  for (const std::uint8_t byte : bytes) {
    const auto verdict = end_.has_escape() ? escape_.feed(byte) : EscapeFilter::Verdict::pass;
    if (verdict == EscapeFilter::Verdict::pass && kept < in_buffer_.size())
      in_buffer_[kept++] = byte;
    if (verdict == EscapeFilter::Verdict::quit) return client_.quit();
    if (verdict == EscapeFilter::Verdict::power_button) client_.power_button();
  }
  in_pending_ = {in_buffer_.data(), kept};
  retry_ms_ = 1;
  offer_due_ = true;
}

/// True: there was something to offer.
bool Console::offer_input() RT {
  if (!offer_due_) return false;
  offer_due_ = false;
  if (in_pending_.empty()) return false;
  const std::size_t taken = client_.receive(in_pending_);
  in_pending_ = in_pending_.subspan(std::min(taken, in_pending_.size()));
  retry_ms_ = taken > 0 ? 1 : std::min(retry_ms_ * 2, longest_retry_ms);
  return true;
}

/// The timer is due.
void Console::look_again() RT {
  drain_eventfd(timer_);
  timer_ms_ = 0;
  hung_up_ = false;
  offer_due_ = true;
}

void Console::set_watches() RT {
  // A terminal is read even when the guest takes nothing: the user may want to quit just then.
  in_.want(in_open_ && !hung_up_ && (in_pending_.empty() || end_.has_escape()));
  out_.want(out_blocked_);
  set_timer();
}

void Console::set_timer() RT {
  int wanted_ms = hung_up_ ? pty_retry_ms : 0;
  if (!in_pending_.empty()) wanted_ms = retry_ms_;
  if (wanted_ms == timer_ms_ || wanted_ms == 0) return;  // a timer that nobody needs does no harm
  timer_ms_ = wanted_ms;
  const itimerspec after{.it_interval = {},
                         .it_value = {.tv_sec = 0, .tv_nsec = wanted_ms * 1'000'000L}};
  ::timerfd_settime(timer_.raw(), 0, &after, nullptr);
}

void Console::finish() {
  int left_ms = finish_ms;
  while (left_ms > 0) {
    fill_output();
    if (out_pending_.empty()) break;
    out_blocked_ = false;
    if (!write_output() && !wait_writable(out_.fd(), finish_step_ms)) left_ms -= finish_step_ms;
  }
  out_.finish(left_ms);
  in_.finish(left_ms);
}

}  // namespace takt
