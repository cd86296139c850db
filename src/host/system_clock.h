// SPDX-License-Identifier: Apache-2.0
// The host's clocks for device models.
#pragma once

#include <ctime>

#include "bus/clock.h"

namespace takt {

/// vDSO: no system call.
inline std::int64_t host_ns(clockid_t clock) RT {
  timespec now{};
  ::clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

class SystemClock : public Clock {
 public:
  [[nodiscard]] std::int64_t realtime_ns() const RT override { return host_ns(CLOCK_REALTIME); }
};

/// For durations: the wall clock as it was when this object was made, and from then on at a steady
/// rate, whatever is done to the host's clock.
class SteadyClock : public Clock {
 public:
  [[nodiscard]] std::int64_t realtime_ns() const RT override {
    return host_ns(CLOCK_MONOTONIC) + offset_ns_;
  }
  /// Of this clock before CLOCK_MONOTONIC.
  [[nodiscard]] std::int64_t offset_ns() const { return offset_ns_; }

 private:
  const std::int64_t offset_ns_ = host_ns(CLOCK_REALTIME) - host_ns(CLOCK_MONOTONIC);
};

}  // namespace takt
