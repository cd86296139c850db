// SPDX-License-Identifier: Apache-2.0
// A device's alarm by a timer of the host's. Arming is one timerfd_settime on the calling thread;
// the device's server calls the device when it is due. On the wall clock, for a real-time clock's
// alarm, setting the host's clock moves the deadline as it should; on a steady clock, for what a
// device does after so many microseconds, it does not.
//
// The kernel takes the timer interrupt on the CPU that armed the alarm: one for each alarm that
// fires, on a vCPU's CPU.
#pragma once

#include <functional>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/alarm.h"
#include "host/event_loop.h"
#include "host/system_clock.h"

namespace takt {

class TimerAlarm : public Alarm {
 public:
  static Result<std::unique_ptr<TimerAlarm>> on_wall_clock();
  /// Deadlines are CLOCK_MONOTONIC's.
  static Result<std::unique_ptr<TimerAlarm>> on_monotonic_clock();
  /// Deadlines are `clock`'s.
  static Result<std::unique_ptr<TimerAlarm>> on_steady_clock(const SteadyClock& clock);

  /// Any thread. An alarm that was due before this call may still be reported after it.
  void arm(std::int64_t deadline_ns) RT override;
  void disarm() RT override;

  /// From now on `due` is called on the thread of `loop`, which ends before the alarm goes, once
  /// for each deadline that has passed. Once, before the loop runs. `device` stands in the records.
  Result<> watch_by(EventLoop& loop, DeviceId device, std::function<void()> due);

 private:
  TimerAlarm(Fd timer, std::int64_t offset_ns) : timer_{std::move(timer)}, offset_ns_{offset_ns} {}
  static Result<std::unique_ptr<TimerAlarm>> create(clockid_t clock, std::int64_t offset_ns);
  Fd timer_;
  const std::int64_t offset_ns_;  // of deadlines before the timer's clock
};

}  // namespace takt
