// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_interrupts.h"

#include "pci/e1000_regs.h"

namespace takt::e1000 {

std::uint32_t InterruptUnit::read_icr() RT {
  const std::uint32_t causes = icr_.exchange(0, std::memory_order_acq_rel);
  if (causes != 0) settle();
  return causes;
}

void InterruptUnit::write_icr(std::uint32_t value) RT {
  icr_.fetch_and(~value, std::memory_order_acq_rel);
  settle();
}

void InterruptUnit::set_causes(std::uint32_t causes) RT {
  icr_.fetch_or(causes & Cause::all, std::memory_order_acq_rel);
  settle();
}

void InterruptUnit::write_ims(std::uint32_t value) RT {
  ims_.fetch_or(value & Cause::all, std::memory_order_acq_rel);
  settle();
}

void InterruptUnit::write_imc(std::uint32_t value) RT {
  ims_.fetch_and(~value, std::memory_order_acq_rel);
  settle();
}

void InterruptUnit::write_itr(std::uint32_t interval) RT {
  interval_ns_.store(interval * itr_unit_ns, std::memory_order_relaxed);
  settle();
}

void InterruptUnit::reset() RT {
  ims_.store(0, std::memory_order_relaxed);
  icr_.store(0, std::memory_order_relaxed);
  write_itr(0);
}

void InterruptUnit::settle() RT {
  if (changes_.fetch_add(1, std::memory_order_acq_rel) == 0) drive(1);
}

void InterruptUnit::take_over() RT {
  if (left_off_.exchange(false, std::memory_order_acquire))
    drive(changes_.load(std::memory_order_acquire));
}

std::optional<std::int64_t> InterruptUnit::held_until() const RT {
  const std::int64_t until = held_until_.load(std::memory_order_acquire);
  if (until == not_held) return std::nullopt;
  return until;
}

/// `seen` is what the counter was when this thread last looked at it; never 0.
void InterruptUnit::drive(std::uint32_t seen) RT {
  for (unsigned n = 0; n < most_looks; ++n) {
    look();
    if (changes_.compare_exchange_strong(seen, 0, std::memory_order_acq_rel)) return;
  }
  left_off_.store(true, std::memory_order_release);
  bell_.ring();
}

void InterruptUnit::look() RT {
  const bool wanted =
      (icr_.load(std::memory_order_relaxed) & ims_.load(std::memory_order_relaxed)) != 0;
  if (wanted && !level_ && !may_rise()) return;
  held_until_.store(not_held, std::memory_order_relaxed);
  if (wanted == level_) return;
  level_ = wanted;
  line_.drive(wanted);
}

/// A clock that went back must not hold an interrupt for ever: then the interval counts as over.
bool InterruptUnit::may_rise() RT {
  const std::int64_t interval = interval_ns_.load(std::memory_order_relaxed);
  if (interval == 0) {
    ever_rose_ = false;
    return true;
  }
  const std::int64_t now = clock_.realtime_ns();
  const bool over = !ever_rose_ || now < rose_at_ns_ || now - rose_at_ns_ >= interval;
  if (over) {
    ever_rose_ = true;
    rose_at_ns_ = now;
    return true;
  }
  const std::int64_t until = rose_at_ns_ + interval;
  if (held_until_.exchange(until, std::memory_order_acq_rel) != until) bell_.ring();
  return false;
}

}  // namespace takt::e1000
