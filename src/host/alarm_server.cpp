// SPDX-License-Identifier: Apache-2.0
#include "host/alarm_server.h"

#include <poll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace takt {

Result<std::unique_ptr<AlarmServer>> AlarmServer::create() {
  Fd timer{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!timer) return sys_error("timerfd_create");
  TRY(Fd wake, make_eventfd());
  return std::unique_ptr<AlarmServer>{new AlarmServer{std::move(timer), std::move(wake)}};
}

void AlarmServer::arm(std::int64_t deadline_ns) RT {
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t at_ns = std::max<std::int64_t>(deadline_ns, 1);  // 0 would disarm
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = at_ns / second_ns, .tv_nsec = at_ns % second_ns}};
  ::timerfd_settime(timer_.raw(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void AlarmServer::disarm() RT {
  const itimerspec never{};
  ::timerfd_settime(timer_.raw(), 0, &never, nullptr);
}

void AlarmServer::serve(const std::function<void()>& due) {
  std::array<pollfd, 2> fds{{{wake_.raw(), POLLIN, 0}, {timer_.raw(), POLLIN, 0}}};
  while (true) {
    if (::poll(fds.data(), fds.size(), -1) <= 0) continue;  // EINTR
    if (fds[0].revents != 0) return;
    if (expired()) due();
  }
}

void AlarmServer::stop() noexcept { signal_eventfd(wake_); }

/// False when the alarm was armed anew since poll(2) reported it.
bool AlarmServer::expired() noexcept {
  std::uint64_t times = 0;
  return ::read(timer_.raw(), &times, sizeof times) == sizeof times;
}

}  // namespace takt
