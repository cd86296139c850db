// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "common/beside.h"
#include "common/measure.h"
#include "common/wait.h"

namespace probe {
namespace {

/// A timer that fires at absolute deadlines, one period apart.
class PeriodicTimer {
 public:
  PeriodicTimer(std::uint64_t period, Idle idle)
      : period_{period}, idle_{idle}, deadline_{machine::now() + period} {}

  /// Waits for the next deadline. False if the interrupt did not come.
  bool wait() {
    machine::timer_event().store(0);
    machine::arm_timer(deadline_);
    return wait_for(machine::timer_event(), idle_);
  }
  /// Of the last wait: what was programmed, what the handler read.
  std::uint64_t deadline() const { return deadline_; }
  std::uint64_t observed() const { return machine::timer_event().load(); }

  /// Moves on to the next deadline in the future; returns how many were missed.
  std::uint64_t advance() {
    deadline_ += period_;
    const std::uint64_t now = machine::now();
    if (deadline_ > now) return 0;
    const std::uint64_t missed = (now - deadline_) / period_ + 1;
    deadline_ += missed * period_;
    return missed;
  }

 private:
  std::uint64_t period_;
  Idle idle_;
  std::uint64_t deadline_;
};

struct Counts {
  std::uint64_t overruns = 0;
  std::uint64_t early = 0;
};

/// False if an interrupt was lost.
bool sample_timer(Report& report, Histogram& h, Counts& counts) {
  const Options& o = report.options();
  PeriodicTimer timer{report.from_us(o.period_us), o.idle};
  for (std::uint64_t i = 0; i < o.warmup + o.samples; ++i) {
    if (!timer.wait()) return false;
    const bool early = timer.observed() < timer.deadline();
    const std::uint64_t late = early ? 0 : timer.observed() - timer.deadline();
    if (i >= o.warmup) {
      h.record(report.to_time(late));
      counts.early += early;
    }
    const std::uint64_t missed = timer.advance();
    if (i >= o.warmup) counts.overruns += missed;
  }
  return true;
}

/// One interrupt with a bound, so that a timer that never fires cannot hang a halted CPU.
bool timer_fires() { return PeriodicTimer{1000, Idle::poll}.wait(); }

}  // namespace

void measure_timer(Report& report) {
  const std::string_view missing = machine::timer_missing();
  if (!missing.empty()) return report.skipped("timer", missing);
  const std::string_view alone = start_beside(report.options());
  if (!alone.empty()) return report.skipped("timer", alone);
  Histogram& h = fresh_histogram();
  Counts counts;
  machine::timer_start();
  const bool complete = timer_fires() && sample_timer(report, h, counts);
  machine::timer_stop();
  stop_beside();
  if (!complete) report.fail("timer", "interrupt lost", Leave::interrupt_lost);
  report.result("timer", report.time_unit(), h)
      .field("overruns", counts.overruns)
      .field("early", counts.early)
      .field("period_us", report.options().period_us)
      .field("idle", report.options().idle == Idle::halt ? "halt" : "poll")
      .field("woken_before_halt", machine::early_wake_ups());
  report.end("timer", report.time_unit(), h);
}

}  // namespace probe
