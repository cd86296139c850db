// SPDX-License-Identifier: Apache-2.0
#include "arm64/interrupts.h"

#include <array>
#include <utility>

#include "arm64/cpu.h"
#include "arm64/gic.h"
#include "arm64/timer.h"
#include "common/report.h"

extern "C" {
extern const char exception_vectors[];  // boot.S
extern const char image_start[];        // probe.ld
void arm64_interrupt(std::uint64_t counter);
[[noreturn]] void arm64_exception(std::uint64_t vector, std::uint64_t sp);
}

namespace probe::arm64 {
namespace {

constinit std::array<machine::Event, 3> events{};

void handle(Interrupt interrupt, std::uint64_t counter) {
  if (interrupt == Interrupt::timer && !take_timer_interrupt()) return;
  event_of(interrupt).store(counter, std::memory_order_release);
}

}  // namespace

void install_vectors() {
  PROBE_WRITE("vbar_el1", reinterpret_cast<std::uint64_t>(exception_vectors));
  isb();
}

machine::Event& event_of(Interrupt interrupt) {
  switch (interrupt) {
    case Interrupt::self_ipi: return events[0];
    case Interrupt::second_cpu_ipi: return events[1];
    case Interrupt::timer: break;
  }
  return events[2];
}

}  // namespace probe::arm64

/// `counter` was read first thing.
void arm64_interrupt(std::uint64_t counter) {
  using namespace probe::arm64;
  const std::uint32_t acknowledged = gic().acknowledge();
  const std::uint32_t id = acknowledged & interrupt_id_mask;
  if (id >= special_interrupts) return;
  handle(Interrupt{id}, counter);
  gic().end(acknowledged);
}

/// `vector` is the index in the table: Arm ARM DDI 0487, D1.3.1.5; 4 is a fault of the probe's own.
void arm64_exception(std::uint64_t vector, std::uint64_t sp) {
  using namespace probe;
  const std::uint64_t elr = PROBE_READ("elr_el1"), esr = PROBE_READ("esr_el1");
  const std::uint64_t far = PROBE_READ("far_el1");
  Output out{machine::write_console};
  out.text("error: exception").field("vector", vector);
  out.text(" elr=").hex(elr).text(" esr=").hex(esr).text(" far=").hex(far);
  out.text(" sp=").hex(sp);
  out.text(" image=").hex(reinterpret_cast<std::uint64_t>(image_start)).end_line();
  machine::leave(std::to_underlying(Leave::unexpected_exception));
}
