// SPDX-License-Identifier: Apache-2.0
#include "host/timer_alarm.h"

#include <sys/timerfd.h>
#include <unistd.h>

namespace takt {

Result<std::unique_ptr<TimerAlarm>> TimerAlarm::create(clockid_t clock, std::int64_t offset_ns) {
  Fd timer{::timerfd_create(clock, TFD_CLOEXEC | TFD_NONBLOCK)};
  if (!timer) return sys_error("timerfd_create");
  return std::unique_ptr<TimerAlarm>{new TimerAlarm{std::move(timer), offset_ns}};
}

Result<std::unique_ptr<TimerAlarm>> TimerAlarm::on_wall_clock() {
  return create(CLOCK_REALTIME, 0);
}

Result<std::unique_ptr<TimerAlarm>> TimerAlarm::on_monotonic_clock() {
  return create(CLOCK_MONOTONIC, 0);
}

Result<std::unique_ptr<TimerAlarm>> TimerAlarm::on_steady_clock(const SteadyClock& clock) {
  return create(CLOCK_MONOTONIC, clock.offset_ns());
}

void TimerAlarm::arm(std::int64_t deadline_ns) RT {
  constexpr std::int64_t second_ns = 1'000'000'000;
  const std::int64_t at_ns = deadline_ns > offset_ns_ ? deadline_ns - offset_ns_ : 1;  // 0 disarms
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = at_ns / second_ns, .tv_nsec = at_ns % second_ns}};
  ::timerfd_settime(timer_.raw(), TFD_TIMER_ABSTIME, &at, nullptr);
}

void TimerAlarm::disarm() RT {
  const itimerspec never{};
  ::timerfd_settime(timer_.raw(), 0, &never, nullptr);
}

Result<> TimerAlarm::watch_by(EventLoop& loop, DeviceId device, std::function<void()> due) {
  TRY([[maybe_unused]] const auto* watch,
      loop.watch(timer_.raw(), EPOLLIN, device, [this, due = std::move(due)](std::uint32_t) {
        if (drain_eventfd(timer_)) due();  // it may have been armed anew since
      }));
  return {};
}

}  // namespace takt
