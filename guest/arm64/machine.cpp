// SPDX-License-Identifier: Apache-2.0
#include "common/machine.h"

#include <utility>

#include "arm64/cpu.h"
#include "arm64/entry.h"
#include "arm64/gic.h"
#include "arm64/interrupts.h"
#include "arm64/timer.h"
#include "common/report.h"

namespace probe::arm64 {
namespace {

// CNTV_CTL_EL0. Arm ARM DDI 0487, D19.12.
constexpr std::uint64_t ctl_enable = 1u << 0;
constexpr std::uint64_t ctl_imask = 1u << 1;
constexpr std::uint64_t ctl_istatus = 1u << 2;

void stop_timer() {
  PROBE_WRITE("cntv_ctl_el0", 0);
  isb();
}

void start_interrupts() {
  if (platform().gic.version == 0) {
    fatal("device tree: neither GICv3 nor GICv2", Leave::unsupported_machine);
  }
  if (!gic().start_distributor() || !gic().start_cpu()) {
    fatal("the GIC is not what the device tree says", Leave::unsupported_machine);
  }
  unmask_interrupts();
}

}  // namespace

bool take_timer_interrupt() {
  const std::uint64_t state = PROBE_READ("cntv_ctl_el0") & (ctl_enable | ctl_imask | ctl_istatus);
  if (state != (ctl_enable | ctl_istatus)) return false;
  stop_timer();
  return true;
}

}  // namespace probe::arm64

namespace probe::machine {

using namespace arm64;

Clock start(std::uint64_t khz_hint) {
  stop_timer();
  start_interrupts();
  if (khz_hint != 0) return {"cntvct", "option", khz_hint, false};
  const std::uint64_t khz = PROBE_READ("cntfrq_el0") / 1000;
  return {"cntvct", khz != 0 ? "cntfrq" : "none", khz, false};
}

void describe(Output& out) {
  constexpr std::string_view conduits[] = {"none", "hvc", "smc"};
  out.field("gic", platform().gic.version == 2 ? "v2" : "v3");
  out.field("psci", conduits[std::to_underlying(platform().psci)]);
  out.field("cpus", platform().cpus).field("entry_el", entry_level());
}

std::string_view arch() { return "arm64"; }

std::uint64_t now() { return counter(); }

void relax() { yield(); }

/// WFI ends when an interrupt is pending, also a masked one: none can slip in before it.
void halt_until(const Event& event) {
  mask_interrupts();
  while (event.load(std::memory_order_acquire) == 0) {
    dsb();
    wfi();
    unmask_interrupts();
    isb();
    mask_interrupts();
  }
  unmask_interrupts();
}

std::uint64_t early_wake_ups() { return 0; }

std::uint64_t lost_after() {
  constexpr std::uint64_t seconds = 8;
  const std::uint64_t hz = PROBE_READ("cntfrq_el0");
  return seconds * (hz != 0 ? hz : 1'000'000'000);
}

std::string_view timer_missing() { return ""; }
void timer_start() {}
void timer_stop() { stop_timer(); }

/// The virtual timer, switched on anew after each interrupt.
void arm_timer(std::uint64_t deadline) {
  PROBE_WRITE("cntv_cval_el0", deadline);
  PROBE_WRITE("cntv_ctl_el0", ctl_enable);
  isb();
}

Event& timer_event() { return event_of(Interrupt::timer); }

void send_self_ipi() { gic().send_self(std::to_underlying(Interrupt::self_ipi)); }

Event& self_ipi_event() { return event_of(Interrupt::self_ipi); }

}  // namespace probe::machine
