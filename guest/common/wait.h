// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/machine.h"
#include "common/options.h"

namespace probe {

/// Spins until `done()` or until `bound` ticks have passed; false in the latter case.
template <class Done>
bool spin_until(Done done, std::uint64_t bound) {
  const std::uint64_t start = machine::now();
  while (!done()) {
    if (machine::now() - start > bound) return false;
    machine::relax();
  }
  return true;
}

/// Sleeps until `done()`, looking from time to time, or until `bound` ticks have passed; false in
/// the latter case. For what another vCPU does, which may need the host's CPU that this one is on.
/// Uses the timer; without one it spins.
template <class Done>
bool rest_until(Done done, std::uint64_t bound) {
  constexpr std::uint64_t nap_ticks = 100'000;
  if (!machine::timer_missing().empty()) return spin_until(done, bound);
  const std::uint64_t start = machine::now();
  machine::timer_start();
  while (!done() && machine::now() - start <= bound) {
    machine::timer_event().store(0);
    machine::arm_timer(machine::now() + nap_ticks);
    machine::halt_until(machine::timer_event());
  }
  machine::timer_stop();
  return done();
}

/// Spins until `event` is set; false if it is lost.
inline bool poll_until(const machine::Event& event) {
  const auto is_set = [&] { return event.load(std::memory_order_acquire) != 0; };
  return spin_until(is_set, machine::lost_after());
}

/// Waits for `event` in the way asked for. Idle::halt has no bound.
inline bool wait_for(const machine::Event& event, Idle idle) {
  if (idle == Idle::poll) return poll_until(event);
  machine::halt_until(event);
  return true;
}

}  // namespace probe
