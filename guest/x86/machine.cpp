// SPDX-License-Identifier: Apache-2.0
#include "common/machine.h"

#include <utility>

#include "x86/apic.h"
#include "x86/clock.h"
#include "x86/cpu.h"
#include "x86/interrupts.h"

namespace probe::machine {
namespace {

using namespace x86;

constexpr std::uint32_t lvt_tsc_deadline = 2u << 17;
constexpr std::uint32_t lvt_masked = 1u << 16;

/// Firmware may have left the 8259s with the PIT's tick on a vector of ours.
void mask_8259s() {
  outb(0x21, 0xff);
  outb(0xa1, 0xff);
}

}  // namespace

Clock start(std::uint64_t khz_hint) {
  mask_8259s();
  build_idt();
  load_idt();
  apic::enable();
  sti();
  return tsc_clock(khz_hint);
}

void describe(Output& out) { out.field("apic", apic::is_x2apic() ? "x2apic" : "xapic"); }

std::string_view arch() { return "x86-64"; }

std::uint64_t now() { return rdtsc_fenced(); }

void relax() { pause(); }

void halt_until(const Event& event) {
  cli();
  while (event.load(std::memory_order_acquire) == 0) {
    sti_hlt();
    cli();
  }
  sti();
}

std::uint64_t early_wake_ups() { return shadows_lost(); }

std::uint64_t lost_after() { return 1ull << 33; }

std::string_view timer_missing() {
  const bool tsc_deadline = (cpuid(1).ecx >> 24 & 1) != 0;
  return tsc_deadline ? "" : "no TSC-deadline";
}

/// The fence orders the write to the LVT before the first one to IA32_TSC_DEADLINE.
/// SDM vol. 3A, section "TSC-Deadline Mode".
void timer_start() {
  apic::write(apic::Register::lvt_timer, lvt_tsc_deadline | std::to_underlying(Vector::timer));
  mfence();
}

void timer_stop() {
  wrmsr(Msr::ia32_tsc_deadline, 0);
  apic::write(apic::Register::lvt_timer, lvt_masked);
}

void arm_timer(std::uint64_t deadline) { wrmsr(Msr::ia32_tsc_deadline, deadline); }

Event& timer_event() { return event_of(Vector::timer); }

void send_self_ipi() { apic::send_self(std::to_underlying(Vector::self_ipi)); }

Event& self_ipi_event() { return event_of(Vector::self_ipi); }

}  // namespace probe::machine
