// SPDX-License-Identifier: Apache-2.0
#include "host/wall_clock_alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

namespace takt {

Result<std::unique_ptr<WallClockAlarm>> WallClockAlarm::create() {
  Fd timer{::timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!timer) return sys_error("timerfd_create");
  return std::unique_ptr<WallClockAlarm>{new WallClockAlarm{std::move(timer)}};
}

void WallClockAlarm::arm(std::int64_t deadline_ns) RT {
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t at_ns = std::max<std::int64_t>(deadline_ns, 1);  // 0 would disarm
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = at_ns / second_ns, .tv_nsec = at_ns % second_ns}};
  ::timerfd_settime(timer_.raw(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void WallClockAlarm::disarm() RT {
  const itimerspec never{};
  ::timerfd_settime(timer_.raw(), 0, &never, nullptr);
}

Result<> WallClockAlarm::watch_by(EventLoop& loop, DeviceId device, std::function<void()> due) {
  TRY([[maybe_unused]] const auto* watch,
      loop.watch(timer_.raw(), EPOLLIN, device, [this, due = std::move(due)](std::uint32_t) {
        if (drain_eventfd(timer_)) due();  // it may have been armed anew since
      }));
  return {};
}

}  // namespace takt
