// SPDX-License-Identifier: Apache-2.0
// Who had which CPU when, read off the host's scheduling events (include/trace/events/sched.h and
// irq.h of the kernel). Pure functions; events are in the order of time.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "record/bundle.h"

namespace takt {

/// A thread could run and did not.
struct Ready {
  Span span = {};
  std::uint32_t cpu = 0;   // where it ran in the end, or was last seen
  bool preempted = false;  // it had been running; otherwise it was woken
};
/// All such times of a thread. One that has no end in the events ends at `until_ns`.
[[nodiscard]] std::vector<Ready> ready_times(std::span<const HostEvent> events, std::int32_t tid,
                                             std::uint64_t until_ns);

/// Somebody ran. Priorities are the kernel's: -1 deadline, 0 to 98 real-time 99 to 1, from 100 on
/// ordinary; sched_switch prints what is in force, inheritance included.
struct Ran {
  std::int32_t tid = 0;  // 0: nobody, the CPU was idle
  std::string thread = {};
  int prio = 0;
  std::uint64_t ns = 0;

  static constexpr int least_urgent_real_time = 99;
  [[nodiscard]] bool idle() const { return tid == 0; }
  [[nodiscard]] bool ordinary() const { return !idle() && prio > least_urgent_real_time; }
};
/// Who had a CPU in a span, by thread.
[[nodiscard]] std::vector<Ran> ran_on(std::span<const HostEvent> events, std::uint32_t cpu,
                                      Span span);

/// Where a thread was at an instant: where it last ran before it, else where it first ran after.
[[nodiscard]] std::optional<std::uint32_t> cpu_of(std::span<const HostEvent> events,
                                                  std::int32_t tid, std::uint64_t at_ns);

/// An interrupt, or a soft one, that took a CPU from whatever ran there.
struct InterruptTime {
  std::string name = {};  // "eth0", "timer", "softirq NET_RX"
  std::string irq = {};   // its number; "" where it has none
  std::uint64_t count = 0;
  std::uint64_t ns = 0;
};
[[nodiscard]] std::vector<InterruptTime> interrupts_on(std::span<const HostEvent> events,
                                                       std::uint32_t cpu, Span span);

/// The value of a key as a number; nothing if it is none.
[[nodiscard]] std::optional<std::int64_t> number_field(const HostEvent& event,
                                                       std::string_view key);

}  // namespace takt
