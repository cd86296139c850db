// SPDX-License-Identifier: Apache-2.0
#include "host/pump.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <span>

namespace takt {
namespace {

constexpr int finish_ms = 1000;

ssize_t read_some(const Fd& from, std::span<std::byte> buffer) {
  while (true) {
    const ssize_t n = ::read(from.raw(), buffer.data(), buffer.size());
    if (n >= 0 || errno != EINTR) return n;
  }
}

/// Returns what could not be written; errno says why.
std::span<const std::byte> write_out(const Fd& to, std::span<const std::byte> data) {
  while (!data.empty()) {
    const ssize_t n = ::write(to.raw(), data.data(), data.size());
    if (n < 0 && errno != EINTR) break;
    if (n > 0) data = data.subspan(static_cast<std::size_t>(n));
  }
  return data;
}

}  // namespace

Result<std::unique_ptr<Pump>> Pump::create(Fd file, Direction direction) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return sys_error("pipe2");
  Fd from{ends[0]};
  Fd to{ends[1]};
  auto carried = std::make_shared<Carried>();
  TRY(carried->over, make_eventfd());
  carried->from = direction == Direction::in ? std::move(file) : std::move(from);
  carried->to = direction == Direction::in ? std::move(to) : std::move(file);
  Fd end = direction == Direction::in ? std::move(from) : std::move(to);
  if (::fcntl(end.raw(), F_SETFL, O_NONBLOCK) != 0) return sys_error("fcntl F_SETFL");
  return std::unique_ptr<Pump>{new Pump{std::move(end), std::move(carried)}};
}

Pump::~Pump() { finish(finish_ms); }

Result<> Pump::start(const std::string& name) {
  TRY(thread_, Thread::start(name, [carried = carried_] { body(*carried); }));
  const sched_param param{};
  if (::sched_setscheduler(thread_.tid(), SCHED_OTHER, &param) != 0)
    return sys_error("sched_setscheduler");
  return {};
}

/// A file that takes nothing more loses what it is given: the guest must not hang on it.
void Pump::carry(Carried& carried) {
  std::array<std::byte, 4096> buffer{};
  for (ssize_t n = 0; (n = read_some(carried.from, buffer)) > 0;) {
    const auto left = write_out(carried.to, std::span{buffer}.first(static_cast<std::size_t>(n)));
    if (!left.empty() && errno == EPIPE) break;  // nobody wants more
    carried.dropped += left.size();
  }
}

void Pump::body(Carried& carried) {
  carry(carried);
  Fd{std::move(carried.to)};  // a reader sees the end
  signal_eventfd(carried.over);
  carried.leave.wait(false);
}

void Pump::finish(int most_ms) {
  Fd{std::move(end_)};
  if (!thread_.joinable()) return;
  pollfd over{.fd = carried_->over.raw(), .events = POLLIN, .revents = 0};
  const bool in_time = ::poll(&over, 1, most_ms) == 1;
  carried_->leave = true;
  carried_->leave.notify_one();
  if (in_time)
    thread_.join();
  else
    thread_.detach();
}

}  // namespace takt
