// SPDX-License-Identifier: Apache-2.0
#include "x86/interrupts.h"

#include <array>
#include <atomic>
#include <cstddef>
#include <utility>

#include "common/report.h"
#include "x86/apic.h"
#include "x86/cpu.h"

namespace probe::x86 {
namespace {

/// What the CPU pushes in 64-bit mode, after the error code. SDM vol. 3A, 6.14.2.
struct InterruptFrame {
  std::uint64_t rip, cs, rflags, rsp, ss;
};
static_assert(sizeof(InterruptFrame) == 40);

/// 64-bit interrupt gate. SDM vol. 3A, 6.14.1.
struct Gate {
  std::uint16_t offset_15_0;
  std::uint16_t selector;
  std::uint8_t ist;
  std::uint8_t type;
  std::uint16_t offset_31_16;
  std::uint32_t offset_63_32;
  std::uint32_t reserved;
};
static_assert(sizeof(Gate) == 16);

constexpr std::uint16_t code64 = 0x08;  // boot.S
constexpr std::uint8_t present_interrupt_gate = 0x8e;
constexpr unsigned exceptions = 32;
constexpr std::uint32_t with_error_code = 0x6022'7d00;  // #DF #TS #NP #SS #GP #PF #AC #CP #VC #SX

constinit std::array<Gate, 256> idt{};
constinit std::array<machine::Event, 3> events{};
constinit std::atomic<std::uint64_t> lost_shadows{0};

[[noreturn]] void report_exception(unsigned vector, std::uint64_t error, const InterruptFrame& f) {
  const std::uint64_t cr2 = read_cr2();
  Output out{machine::write_console};
  out.text("error: exception").field("vector", vector);
  out.text(" rip=").hex(f.rip).text(" error_code=").hex(error).text(" cr2=").hex(cr2);
  out.text(" rsp=").hex(f.rsp).end_line();
  machine::leave(std::to_underlying(Leave::unexpected_exception));
}

template <unsigned vector>
[[gnu::interrupt]] void exception(InterruptFrame* frame) {
  report_exception(vector, 0, *frame);
}

template <unsigned vector>
[[gnu::interrupt]] void exception_with_code(InterruptFrame* frame, unsigned long error) {
  report_exception(vector, error, *frame);
}

/// Nothing interrupts a CPU between STI and HLT (SDM vol. 2B, STI). Where a hypervisor loses that
/// shadow, the wake-up that the HLT is for has come before it, and the CPU would sleep for ever:
/// the HLT is skipped, and counted.
void skip_halt(InterruptFrame& frame) {
  constexpr unsigned char hlt = 0xf4;
  if (*reinterpret_cast<const unsigned char*>(frame.rip) != hlt) return;
  ++frame.rip;
  lost_shadows.fetch_add(1, std::memory_order_relaxed);
}

template <Vector vector>
[[gnu::interrupt]] void set_event(InterruptFrame* frame) {
  const std::uint64_t tsc = rdtsc();
  skip_halt(*frame);
  event_of(vector).store(tsc, std::memory_order_release);
  apic::end_of_interrupt();
}

[[gnu::interrupt]] void ignore(InterruptFrame*) {}

template <class Handler>
void set_gate(unsigned vector, Handler* handler) {
  const auto at = reinterpret_cast<std::uintptr_t>(handler);
  idt[vector] = {.offset_15_0 = static_cast<std::uint16_t>(at),
                 .selector = code64,
                 .ist = 0,
                 .type = present_interrupt_gate,
                 .offset_31_16 = static_cast<std::uint16_t>(at >> 16),
                 .offset_63_32 = static_cast<std::uint32_t>(at >> 32),
                 .reserved = 0};
}

template <unsigned vector>
void set_exception_gate() {
  if constexpr ((with_error_code >> vector & 1) != 0) {
    set_gate(vector, exception_with_code<vector>);
  } else {
    set_gate(vector, exception<vector>);
  }
}

template <unsigned... vector>
void set_exception_gates(std::integer_sequence<unsigned, vector...>) {
  (set_exception_gate<vector>(), ...);
}

template <Vector vector>
void set_event_gate() {
  set_gate(std::to_underlying(vector), set_event<vector>);
}

}  // namespace

void build_idt() {
  set_exception_gates(std::make_integer_sequence<unsigned, exceptions>{});
  set_event_gate<Vector::timer>();
  set_event_gate<Vector::self_ipi>();
  set_event_gate<Vector::second_cpu_ipi>();
  set_gate(std::to_underlying(Vector::spurious), ignore);
}

void load_idt() {
  struct [[gnu::packed]] {
    std::uint16_t limit;
    std::uint64_t base;
  } const pointer{sizeof(idt) - 1, reinterpret_cast<std::uint64_t>(idt.data())};
  asm volatile("lidt %0" : : "m"(pointer));
}

std::uint64_t shadows_lost() { return lost_shadows.load(std::memory_order_relaxed); }

machine::Event& event_of(Vector vector) {
  return events[static_cast<std::size_t>(std::to_underlying(vector)) -
                std::to_underlying(Vector::timer)];
}

}  // namespace probe::x86
