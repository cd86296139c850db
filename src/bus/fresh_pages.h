// SPDX-License-Identifier: Apache-2.0
// Memory that is not there until it is touched: for tests of what a page fault does to a device.
#pragma once

#include "base/rt.h"

namespace takt {

class FreshPages {
 public:
  virtual ~FreshPages() = default;
  /// Takes `count` page faults on the calling thread; fewer where there are no more pages. It
  /// breaks what real-time code promises, on purpose: a build with guards ends there
  /// (base/rt_guard.h).
  virtual void touch(unsigned count) RT = 0;
};

}  // namespace takt
