// SPDX-License-Identifier: Apache-2.0
// The alarm of a real-time clock on the host's wall clock. Arming is one timerfd_settime on the
// calling thread; a thread of its own, `rtc`, sleeps until the deadline and then calls the device.
// The deadline is absolute on CLOCK_REALTIME, so setting the host's clock moves it as it should.
//
// The kernel takes the timer interrupt on the CPU that armed the alarm: one for each alarm that
// fires, on a vCPU's CPU.
#pragma once

#include <functional>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "bus/alarm.h"

namespace takt {

class AlarmServer : public Alarm {
 public:
  static Result<std::unique_ptr<AlarmServer>> create();

  /// Any thread. An alarm that was due before this call may still be reported after it.
  void arm(std::int64_t deadline_ns) RT override;
  void disarm() RT override;

  /// The body of the thread `rtc`: calls `due` once for each deadline that has passed. Returns
  /// after stop().
  void serve(const std::function<void()>& due);
  /// Any thread, once and for all.
  void stop() noexcept;

 private:
  AlarmServer(Fd timer, Fd wake) : timer_{std::move(timer)}, wake_{std::move(wake)} {}
  [[nodiscard]] bool expired() noexcept;

  Fd timer_;
  Fd wake_;
};

}  // namespace takt
