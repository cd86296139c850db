// SPDX-License-Identifier: Apache-2.0
#include "vm/life_cycle.h"

#include <utility>

namespace takt {

Result<LifeCycle> LifeCycle::create() {
  TRY(Fd wake, make_eventfd());
  return LifeCycle{std::move(wake)};
}

void LifeCycle::request(Outcome outcome) RT {
  std::uint64_t running = 0;
  const std::uint64_t word =
      std::uint64_t{std::to_underlying(outcome.ending)} << 32 | outcome.value;
  if (word_.compare_exchange_strong(running, word, std::memory_order_acq_rel))
    signal_eventfd(wake_);
}

Outcome LifeCycle::outcome() const RT {
  const std::uint64_t word = word_.load(std::memory_order_acquire);
  return {static_cast<Ending>(word >> 32), static_cast<std::uint32_t>(word)};
}

}  // namespace takt
