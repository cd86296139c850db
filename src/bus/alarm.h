// SPDX-License-Identifier: Apache-2.0
// A timer as a device model sees it: the model says when it wants to be called, its host calls it.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

/// One deadline on the time line of Clock::realtime_ns(). When it is due, the model's host calls a
/// member of the model that the model's header names; it may do so early, late or without reason,
/// and the model looks at its clock then.
class Alarm {
 public:
  virtual ~Alarm() = default;
  /// Nanoseconds since 1970. Takes the place of the deadline before; fires once; one in the past is
  /// due at once. Does not block. Called under whatever serialises the device, so the call it leads
  /// to comes from another thread, never from inside arm().
  virtual void arm(std::int64_t deadline_ns) RT = 0;
  /// A call that is already under way may still come.
  virtual void disarm() RT = 0;
};

}  // namespace takt
