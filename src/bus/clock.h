// SPDX-License-Identifier: Apache-2.0
// Time as a device model sees it; a test passes a clock that stands still.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

class Clock {
 public:
  virtual ~Clock() = default;
  /// Nanoseconds since 1970-01-01 00:00:00 UTC, without leap seconds.
  [[nodiscard]] virtual std::int64_t realtime_ns() const RT = 0;
};

}  // namespace takt
