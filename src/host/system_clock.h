// SPDX-License-Identifier: Apache-2.0
// The host's wall clock for device models.
#pragma once

#include <ctime>

#include "bus/clock.h"

namespace takt {

class SystemClock : public Clock {
 public:
  [[nodiscard]] std::int64_t realtime_ns() const RT override {
    timespec now{};
    ::clock_gettime(CLOCK_REALTIME, &now);  // vDSO: no system call
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
  }
};

}  // namespace takt
