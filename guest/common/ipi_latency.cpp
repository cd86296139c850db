// SPDX-License-Identifier: Apache-2.0
#include <atomic>
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

/// Calls `sample` until enough are recorded; false if it returned 0: no interrupt.
template <class Sample>
bool sample_ipi(const Options& o, Histogram& h, Sample sample) {
  for (std::uint64_t i = 0; i < o.warmup + o.iterations; ++i) {
    const std::uint64_t cycles = sample();
    if (cycles == 0) return false;
    if (i >= o.warmup) h.record(cycles);
  }
  return true;
}

std::uint64_t self_ipi() {
  machine::Event& event = machine::self_ipi_event();
  event.store(0);
  const std::uint64_t sent = machine::now();
  machine::send_self_ipi();
  return poll_until(event) ? event.load() - sent : 0;
}

/// Lets the second CPU begin to wait and gives it `settle` cycles to get there. False if it hangs.
bool second_cpu_waits(std::uint64_t settle) {
  const std::uint64_t turn = rendezvous.asked.load() + 1;
  rendezvous.asked.store(turn);
  if (!spin_until([turn] { return rendezvous.begun.load() == turn; }, lost_after)) return false;
  spin_until([] { return false; }, settle);
  return true;
}

/// From before sending to having seen that the handler ran: both ends on this CPU's counter.
std::uint64_t remote_ipi(std::uint64_t settle) {
  if (!second_cpu_waits(settle)) return 0;
  const std::uint64_t sent = machine::now();
  machine::send_second_cpu_ipi();
  if (!poll_until(machine::second_cpu_ipi_event())) return 0;
  return machine::now() - sent;
}

template <class Sample>
void measure(Report& report, std::string_view name, Sample sample) {
  Histogram& h = fresh_histogram();
  if (!sample_ipi(report.options(), h, sample)) {
    report.fail(name, "interrupt lost", Leave::interrupt_lost);
  }
  report.result(name, "cycles", h);
  report.end(name, "cycles", h);
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
