// SPDX-License-Identifier: Apache-2.0
// What a device server does: the work of the things that were given to it, in turn.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

/// Wakes a device server. Any thread.
class Bell {
 public:
  virtual ~Bell() = default;
  /// What was put before this call is seen by a work() after it. Does not block; a system call only
  /// when the server sleeps, so a batch costs one.
  virtual void ring() RT = 0;
};

/// What a piece of work has left behind.
enum class Worked : std::uint8_t {
  nothing,  // there was nothing to do
  all,      // nothing is left now
  some,     // there is more
};

/// Something with work for a server's thread; all three are called on that thread.
class Work {
 public:
  virtual ~Work() = default;
  /// Once, before the first work().
  virtual void begin() RT {}
  /// Does a bounded amount of what there is; when there is more, others come first.
  virtual Worked work() RT = 0;
  /// Once, after the last work(), when nobody brings more: what cannot be left undone.
  virtual void finish() {}
};

}  // namespace takt
