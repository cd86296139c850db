// SPDX-License-Identifier: Apache-2.0
// Starts the second CPU by PSCI CPU_ON.
#include <atomic>
#include <cstdint>
#include <utility>

#include "arm64/cpu.h"
#include "arm64/entry.h"
#include "arm64/gic.h"
#include "arm64/interrupts.h"
#include "arm64/mmu.h"
#include "arm64/psci.h"
#include "common/machine.h"
#include "common/wait.h"

extern "C" {
extern const char second_start[];  // boot.S
[[noreturn]] void arm64_second_cpu();
}

namespace probe::arm64 {
namespace {

using Entry = void (*)();
constinit std::atomic<Entry> second_entry{nullptr};
constinit std::atomic<bool> second_runs{false};

/// The CPU reads its first instructions and the tables past the caches or through them; both see
/// what is older than the call.
bool power_on(std::uint64_t affinity) {
  dsb();
  return psci::cpu_on(affinity, reinterpret_cast<std::uint64_t>(second_start), translation_table());
}

}  // namespace
}  // namespace probe::arm64

void arm64_second_cpu() {
  using namespace probe::arm64;
  install_vectors();
  if (gic().start_cpu()) {
    unmask_interrupts();
    second_runs.store(true);
    second_entry.load()();
  }
  for (;;) wfi();
}

namespace probe::machine {

using namespace arm64;

bool start_second_cpu(void (*entry)()) {
  second_entry.store(entry);
  if (!platform().second_cpu || !power_on(*platform().second_cpu)) return false;
  return rest_until([] { return second_runs.load(); }, lost_after());
}

void send_second_cpu_ipi() {
  gic().send(*platform().second_cpu, std::to_underlying(Interrupt::second_cpu_ipi));
}

Event& second_cpu_ipi_event() { return event_of(Interrupt::second_cpu_ipi); }

}  // namespace probe::machine
