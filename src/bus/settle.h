// SPDX-License-Identifier: Apache-2.0
// One level that several threads decide about, without a lock.
//
// A thread changes its own atomic and calls settle(). Whoever comes first computes the level from
// all atomics and drives it, again for as long as others have come meanwhile: so calls of `drive`
// never overlap, and the last one saw every change made before its settle(). A thread that finds
// another at it returns at once; the level then follows within the other's call.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/rt.h"

namespace takt {

class Settle {
 public:
  /// Any thread. `drive` does not block.
  template <class Drive>
  void settle(const Drive& drive) RT {
    if (calls_.fetch_add(1, std::memory_order_seq_cst) != 0) return;
    for (std::uint32_t seen = 1; seen != 0;) {
      drive();
      // Nobody came: back to 0. Otherwise `seen` is how many have, and one more round is for all.
      if (calls_.compare_exchange_strong(seen, 0, std::memory_order_seq_cst)) return;
    }
  }

 private:
  std::atomic<std::uint32_t> calls_ = 0;
};

}  // namespace takt
