// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

#include "common/output.h"

/// What an architecture provides to the measurements; x86/ implements it for the PC,
/// arm64/ for any machine that describes itself by a device tree. A new architecture adds a folder
/// with these functions and an entry that calls `probe::run`. All times are ticks of the counter
/// that `now` reads. Called from the boot CPU unless it says otherwise. Interrupts are on outside
/// of `halt_until`.
namespace probe::machine {

/// Set once by an interrupt handler to the counter it read first thing; 0 = not yet.
/// Whoever waits for the event clears it before provoking it.
using Event = std::atomic<std::uint64_t>;
static_assert(Event::is_always_lock_free);

struct Clock {
  std::string_view name;    // of the counter: the header says <name>_khz and <name>_source
  std::string_view source;  // where the rate comes from; "none" if khz is 0
  std::uint64_t khz;        // 0 = unknown
  bool is_cycles;           // as fine as the CPU's clock: costs are reported as they are read
};

/// One kind of exit from the guest.
struct ExitCase {
  std::string_view name;
  std::uint64_t (*sample)();  // causes `exit_batch` exits and returns the ticks they took together
  bool (*present)();          // whether the machine has what the case needs; may probe for it
  bool by_default;            // measured when the command line names no cases
  bool is_slow = false;       // takes as long as slow_us says
};

/// Makes exceptions, interrupts and the counter work. `khz_hint` (0 = none) goes before all that
/// the machine says about the counter's rate.
Clock start(std::uint64_t khz_hint);
/// Adds ` key=value` fields to the header line.
void describe(Output& out);
std::string_view arch();
void write_console(std::string_view text);
/// Leaves the VM; `value` as in README.md. Any CPU.
[[noreturn]] void leave(std::uint8_t value);

/// Reads the counter, not before everything earlier is done and before anything later starts.
/// Any CPU.
std::uint64_t now();
/// For the body of a spinning loop. Any CPU.
void relax();
/// Sleeps until `event` is set. Any CPU.
void halt_until(const Event& event);
/// How often `halt_until` was woken before it slept, which a CPU never does and a hypervisor may:
/// then it did not sleep.
std::uint64_t early_wake_ups();
/// Ticks after which an interrupt that has not come is taken for lost: some seconds. Any CPU.
std::uint64_t lost_after();

/// Empty, or what keeps the deadline timer from being used.
std::string_view timer_missing();
void timer_start();
void timer_stop();
/// Fires `timer_event` once `now()` reaches `deadline`; at once if that is past.
void arm_timer(std::uint64_t deadline);
Event& timer_event();

void send_self_ipi();
Event& self_ipi_event();
/// Starts `entry` on a second CPU, which gets its own stack and takes IPIs. False if none answers
/// in time. At most one call.
bool start_second_cpu(void (*entry)());
void send_second_cpu_ipi();
/// Set by the second CPU.
Event& second_cpu_ipi_event();

/// The first register of takt's slow device (a bench of takt's own: dev/slow_device.h has the
/// registers); 0 = not there. Registers of devices are 32 bits. Any CPU.
std::uintptr_t slow_device();
std::uint32_t read_register(std::uintptr_t address);
void write_register(std::uintptr_t address, std::uint32_t value);

std::span<const ExitCase> exit_cases();
/// Exits in one sample: more than one where a tick is too coarse for one. After `start`.
std::uint64_t exit_batch();

}  // namespace probe::machine
