// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/machine.h"
#include "common/options.h"

namespace probe {

/// Cycles after which an interrupt that has not come is taken for lost: 2^33, or some seconds.
constexpr std::uint64_t lost_after = 1ull << 33;

/// Spins until `done()` or until `bound` cycles have passed; false in the latter case.
template <class Done>
bool spin_until(Done done, std::uint64_t bound) {
  const std::uint64_t start = machine::now();
  while (!done()) {
    if (machine::now() - start > bound) return false;
    machine::relax();
  }
  return true;
}

/// Spins until `event` is set; false after `lost_after`.
inline bool poll_until(const machine::Event& event) {
  return spin_until([&] { return event.load(std::memory_order_acquire) != 0; }, lost_after);
}

/// Waits for `event` in the way asked for. Idle::halt has no bound.
inline bool wait_for(const machine::Event& event, Idle idle) {
  if (idle == Idle::poll) return poll_until(event);
  machine::halt_until(event);
  return true;
}

}  // namespace probe
