// SPDX-License-Identifier: Apache-2.0
#include "host/console.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <memory>

namespace takt {
namespace {

constexpr int longest_retry_ms = 64;  // the guest does not read its UART: ask ever more rarely
constexpr int pty_retry_ms = 250;     // a hung-up pty tells nobody when it is opened again
constexpr int finish_ms = 1000;

bool wait_writable(int fd, int timeout_ms) {
  pollfd p{.fd = fd, .events = POLLOUT, .revents = 0};
  return ::poll(&p, 1, timeout_ms) == 1 && (p.revents & POLLOUT) != 0;
}

}  // namespace

Result<std::unique_ptr<Console>> Console::create(ConsoleEndpoint endpoint) {
  TRY(Fd wake, make_eventfd());
  std::unique_ptr<Console> console{new Console{std::move(endpoint), std::move(wake)}};
  console->in_open_ = console->end_.in() >= 0;
  return console;
}

bool Console::push(std::uint8_t byte) RT {
  const bool stored = ring_.push(byte);
  if (asleep_.exchange(false, std::memory_order_acq_rel)) signal_eventfd(wake_);
  return stored;
}

void Console::stop() noexcept {
  stopping_.store(true, std::memory_order_release);
  signal_eventfd(wake_);
}

void Console::serve(const ConsoleClient& client) {
  while (!stopping_.load(std::memory_order_acquire)) {
    fill_output();
    const Output output = write_output();
    client.tx_resume();
    offer_input(client);
    if (output == Output::written || !idle()) continue;
    const Ready ready = wait(output == Output::blocked);
    if (ready.in) read_input(client);
  }
  finish();
}

/// Takes the next piece off the ring once the one before is out.
void Console::fill_output() {
  if (!out_pending_.empty()) return;
  std::size_t n = 0;
  while (n < out_buffer_.size()) {
    const auto byte = ring_.pop();
    if (!byte) break;
    out_buffer_[n++] = *byte;
  }
  out_pending_ = {out_buffer_.data(), n};
}

/// At most PIPE_BUF bytes after the descriptor said that it is writable: does not block.
Console::Output Console::write_output() {
  if (out_pending_.empty()) return Output::nothing;
  if (end_.out() < 0) return out_pending_ = {}, Output::written;
  pollfd p{.fd = end_.out(), .events = POLLOUT, .revents = 0};
  ::poll(&p, 1, 0);
  const bool nobody = end_.is_pty() && (p.revents & POLLHUP) != 0;
  if (p.revents == 0) return Output::blocked;  // an error or a hang-up shows in the write
  const ssize_t n = nobody ? -1 : ::write(end_.out(), out_pending_.data(), out_pending_.size());
  if (n < 0 && !nobody && (errno == EAGAIN || errno == EINTR)) return Output::blocked;
  if (n < 0) {  // nobody there, or never again (EPIPE, ENOSPC): the guest must not hang on it
    dropped_.fetch_add(out_pending_.size(), std::memory_order_relaxed);
    out_pending_ = {};
    return Output::written;
  }
  out_pending_ = out_pending_.subspan(static_cast<std::size_t>(n));
  return Output::written;
}

/// True when the server may sleep; from then on a push() wakes it.
bool Console::idle() {
  asleep_.exchange(true, std::memory_order_acq_rel);
  if (!out_pending_.empty() || ring_.empty()) return true;
  asleep_.store(false, std::memory_order_relaxed);
  return false;
}

Console::Ready Console::wait(bool want_out) {
  // A terminal is read even when the guest takes nothing: the user may want to quit just then.
  const bool want_in = in_open_ && (in_pending_.empty() || end_.has_escape());
  std::array<pollfd, 3> fds{{{wake_.raw(), POLLIN, 0},
                             {want_in ? end_.in() : -1, POLLIN, 0},
                             {want_out ? end_.out() : -1, POLLOUT, 0}}};
  int timeout = -1;
  if (!in_pending_.empty()) timeout = retry_ms_;
  if (end_.is_pty()) timeout = timeout < 0 ? pty_retry_ms : timeout;
  ::poll(fds.data(), fds.size(), timeout);
  asleep_.store(false, std::memory_order_relaxed);
  if ((fds[0].revents & POLLIN) != 0) drain_eventfd(wake_);
  if (end_.is_pty() && (fds[1].revents & POLLHUP) != 0) {
    ::poll(fds.data(), 1, pty_retry_ms);  // poll(2) reports a hang-up at once, for ever
    return {};
  }
  return {.in = want_in && (fds[1].revents & (POLLIN | POLLHUP | POLLERR)) != 0,
          .out = (fds[2].revents & POLLOUT) != 0};
}

void Console::read_input(const ConsoleClient& client) {
  std::array<std::uint8_t, 256> raw{};
  const ssize_t n = ::read(end_.in(), raw.data(), raw.size());
  if (n < 0 && (errno == EINTR || errno == EAGAIN || end_.is_pty())) return;
  if (n <= 0) {
    in_open_ = false;
    return;
  }
  std::ranges::copy(in_pending_, in_buffer_.begin());
  std::size_t kept = in_pending_.size();
  for (const std::uint8_t byte : std::span{raw}.first(static_cast<std::size_t>(n))) {
    const auto verdict = end_.has_escape() ? escape_.feed(byte) : EscapeFilter::Verdict::pass;
    if (verdict == EscapeFilter::Verdict::pass && kept < in_buffer_.size())
      in_buffer_[kept++] = byte;
    if (verdict == EscapeFilter::Verdict::quit) return client.quit();
    if (verdict == EscapeFilter::Verdict::power_button) client.power_button();
  }
  in_pending_ = {in_buffer_.data(), kept};
  retry_ms_ = 1;
}

void Console::offer_input(const ConsoleClient& client) {
  if (in_pending_.empty()) return;
  const std::size_t taken = client.receive(in_pending_);
  in_pending_ = in_pending_.subspan(std::min(taken, in_pending_.size()));
  retry_ms_ = taken > 0 ? 1 : std::min(retry_ms_ * 2, longest_retry_ms);
}

void Console::finish() {
  for (int waited_ms = 0; waited_ms < finish_ms;) {
    fill_output();
    if (out_pending_.empty()) return;
    if (write_output() == Output::blocked && !wait_writable(end_.out(), 50)) waited_ms += 50;
  }
}

}  // namespace takt
