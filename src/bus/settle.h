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
#include "bus/irq.h"

namespace takt {

class Settle {
 public:
  /// Any thread. `drive` does not block.
  template <class Drive>
  void settle(const Drive& drive) RT {
    if (calls_.fetch_add(1, std::memory_order_seq_cst) != 0) return;
    std::uint32_t seen = 1;
    // Nobody came: back to 0. Otherwise `seen` is how many have, and one more round is for all.
    do drive();
    while (!calls_.compare_exchange_strong(seen, 0, std::memory_order_seq_cst));
  }

 private:
  std::atomic<std::uint32_t> calls_ = 0;
};

/// An interrupt line of that kind.
class SettledLine {
 public:
  /// `sink` outlives it.
  explicit SettledLine(IrqSink& sink) : line_{sink} {}
  /// `level` computes it; as Settle::settle().
  template <class Level>
  void settle(const Level& level) RT {
    settle_.settle([&] { line_.set(level()); });
  }

 private:
  Settle settle_;
  LevelIrq line_;  // settle_'s
};

}  // namespace takt
