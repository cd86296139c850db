// SPDX-License-Identifier: Apache-2.0
#include <atomic>
#include <optional>
#include <string_view>

#include "common/measure.h"
#include "common/wait.h"

namespace probe {
namespace {

/// What the boot CPU asks of the second one, and its answer.
struct Rendezvous {
  std::atomic<Idle> idle{Idle::poll};   // how to wait; read at the start of a turn
  std::atomic<std::uint64_t> asked{0};  // turns the boot CPU has asked for
  std::atomic<std::uint64_t> begun{0};  // turns in which the second CPU has begun to wait
};
constinit Rendezvous rendezvous;

/// Waits for one IPI each time it is asked to, for ever. Only this CPU clears the event, and only
/// when asked for the next turn: so neither CPU can miss that it was set.
void second_cpu() {
  machine::Event& event = machine::second_cpu_ipi_event();
  for (std::uint64_t turn = 1;; ++turn) {
    while (rendezvous.asked.load() != turn) machine::relax();
    const Idle idle = rendezvous.idle.load();
    event.store(0);
    rendezvous.begun.store(turn);
    while (!wait_for(event, idle)) {
    }
  }
}

/// Ticks; nothing if the interrupt was lost.
using Latency = std::optional<std::uint64_t>;

/// Calls `sample` until enough are recorded; false if an interrupt was lost.
template <class Sample>
bool sample_ipi(const Report& report, Histogram& h, Sample sample) {
  const Options& o = report.options();
  for (std::uint64_t i = 0; i < o.warmup + o.iterations; ++i) {
    const Latency ticks = sample();
    if (!ticks) return false;
    if (i >= o.warmup) h.record(report.to_cost(*ticks));
  }
  return true;
}

Latency self_ipi() {
  machine::Event& event = machine::self_ipi_event();
  event.store(0);
  const std::uint64_t sent = machine::now();
  machine::send_self_ipi();
  if (!poll_until(event)) return std::nullopt;
  return event.load() - sent;
}

bool begun(std::uint64_t turn) { return rendezvous.begun.load() == turn; }

/// Lets the second CPU begin to wait and gives it `settle` ticks to get there. False if it hangs.
bool second_cpu_waits(std::uint64_t settle) {
  const std::uint64_t turn = rendezvous.asked.load() + 1;
  rendezvous.asked.store(turn);
  if (!spin_until([turn] { return begun(turn); }, machine::lost_after())) return false;
  spin_until([] { return false; }, settle);
  return true;
}

/// From before sending to having seen that the handler ran: both ends on this CPU's counter.
Latency remote_ipi(std::uint64_t settle) {
  if (!second_cpu_waits(settle)) return std::nullopt;
  const std::uint64_t sent = machine::now();
  machine::send_second_cpu_ipi();
  if (!poll_until(machine::second_cpu_ipi_event())) return std::nullopt;
  return machine::now() - sent;
}

template <class Sample>
void measure(Report& report, std::string_view name, Sample sample) {
  Histogram& h = fresh_histogram();
  if (!sample_ipi(report, h, sample)) {
    report.fail(name, "interrupt lost", Leave::interrupt_lost);
  }
  report.result(name, report.cost_unit(), h);
  report.end(name, report.cost_unit(), h);
}

void measure_remote(Report& report, std::string_view name, Idle idle) {
  const std::uint64_t settle = report.from_us(20);
  rendezvous.idle.store(idle);
  measure(report, name, [settle] { return remote_ipi(settle); });
}

}  // namespace

void measure_ipis(Report& report) {
  measure(report, "ipi_self", self_ipi);
  if (!machine::start_second_cpu(second_cpu)) return report.skipped("ipi_remote", "one cpu");
  measure_remote(report, "ipi_remote_poll", Idle::poll);
  measure_remote(report, "ipi_remote_halt", Idle::halt);
}

}  // namespace probe
