// SPDX-License-Identifier: Apache-2.0
// The alarm of a real-time clock on the host's wall clock. Arming is one timerfd_settime on the
// calling thread; the device's server calls the device when it is due. The deadline is absolute on
// CLOCK_REALTIME, so setting the host's clock moves it as it should.
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

namespace takt {

class WallClockAlarm : public Alarm {
 public:
  static Result<std::unique_ptr<WallClockAlarm>> create();

  /// Any thread. An alarm that was due before this call may still be reported after it.
  void arm(std::int64_t deadline_ns) RT override;
  void disarm() RT override;

  /// From now on `due` is called on the thread of `loop`, which ends before the alarm goes, once
  /// for each deadline that has passed. Once, before the loop runs. `device` stands in the records.
  Result<> watch_by(EventLoop& loop, DeviceId device, std::function<void()> due);

 private:
  explicit WallClockAlarm(Fd timer) : timer_{std::move(timer)} {}
  Fd timer_;
};

}  // namespace takt
