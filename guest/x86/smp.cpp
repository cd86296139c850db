// SPDX-License-Identifier: Apache-2.0
// Starts the second CPU: APIC ID 1, by INIT and two start-up IPIs. Intel SDM vol. 3A, 9.4.4.1.
#include <atomic>
#include <cstdint>
#include <cstring>

#include "common/machine.h"
#include "common/wait.h"
#include "x86/apic.h"
#include "x86/cpu.h"
#include "x86/interrupts.h"

extern "C" {
extern const char trampoline[];
extern const char trampoline_end[];
[[noreturn]] void second_cpu_main();
}

namespace probe::x86 {
namespace {

constexpr std::uintptr_t trampoline_at = 0x8000;  // boot.S; free in every PC's memory map
constexpr std::uint32_t second_apic_id = 1;
constexpr std::uint64_t settle_cycles = 1'000'000;     // after INIT
constexpr std::uint64_t startup_cycles = 20'000'000;   // after the first start-up IPI
constexpr std::uint64_t give_up_cycles = 250'000'000;  // after the second one

using Entry = void (*)();
constinit std::atomic<Entry> second_entry{nullptr};
constinit std::atomic<bool> second_runs{false};

bool runs() { return second_runs.load(); }

void copy_trampoline() {
  void* const to = reinterpret_cast<void*>(trampoline_at);
  std::memcpy(to, trampoline, static_cast<std::size_t>(trampoline_end - trampoline));
}

bool startup(std::uint64_t bound) {
  apic::send_startup(second_apic_id, trampoline_at >> 12);
  return rest_until(runs, bound);
}

}  // namespace
}  // namespace probe::x86

void second_cpu_main() {
  using namespace probe::x86;
  load_idt();
  apic::enable();
  sti();
  second_runs.store(true);
  second_entry.load()();
  __builtin_unreachable();
}

namespace probe::machine {

bool start_second_cpu(void (*entry)()) {
  using namespace x86;
  second_entry.store(entry);
  copy_trampoline();
  apic::send_init(second_apic_id);
  spin_until([] { return false; }, settle_cycles);
  return startup(startup_cycles) || startup(give_up_cycles);
}

void send_second_cpu_ipi() {
  using namespace x86;
  apic::send_fixed(second_apic_id, static_cast<std::uint8_t>(Vector::second_cpu_ipi));
}

Event& second_cpu_ipi_event() { return x86::event_of(x86::Vector::second_cpu_ipi); }

}  // namespace probe::machine
