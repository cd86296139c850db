// SPDX-License-Identifier: Apache-2.0
// Who ran on the CPU while the late thread was ready for it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "record/schedule.h"
#include "record/suspects.h"

namespace takt {
namespace {

/// Somebody had the CPU that the late thread was ready for.
struct Held {
  Ran by;
  std::uint32_t cpu = 0;
  bool preempted = false;  // the late thread had been running
};

std::vector<Held> holders(const Late& late) {
  std::vector<Held> all;
  if (!late.bundle.host_events) return all;
  const auto& events = *late.bundle.host_events;
  for (const Ready& ready : ready_times(events, late.thread.tid, late.bundle.window.until_ns))
    for (const Ran& ran : ran_on(events, ready.cpu, ready.span.cut(late.span))) {
      if (ran.tid == late.thread.tid) continue;
      const auto it = std::ranges::find_if(
          all, [&](const Held& held) { return held.by.tid == ran.tid && held.cpu == ready.cpu; });
      if (it == all.end())
        all.push_back({ran, ready.cpu, ready.preempted});
      else
        it->by.ns += ran.ns;
    }
  return all;
}

/// The one of those that `is` lets through that had it longest.
template <class Is>
std::optional<Held> longest(const Late& late, Is is) {
  std::optional<Held> found;
  for (Held& held : holders(late))
    if (is(held) && (!found || held.by.ns > found->by.ns)) found = std::move(held);
  return found;
}

bool is_real_time(const BundleThread& thread) {
  return thread.policy == "fifo" || thread.policy == "rr";
}
bool is_interrupt_thread(const Ran& ran) { return ran.thread.starts_with("irq/"); }
bool is_ours(const Late& late, const Ran& ran) {
  return thread_of(late.bundle, ran.tid) != nullptr;
}

/// An ordinary thread that displaced a real-time one, or that went on for longer than any part of
/// the kernel that cannot be preempted: the kernel wants it so.
constexpr std::uint64_t longest_without_preemption_ns = 2'000'000;
bool is_throttling(const Late& late, const Held& held) {
  if (!is_real_time(late.thread)) return false;
  if (held.by.idle()) return held.preempted;
  return held.by.ordinary() && (held.preempted || held.by.ns > longest_without_preemption_ns);
}

std::string priority_text(const Ran& ran) {
  if (ran.prio < 0) return "deadline or above";
  if (ran.ordinary()) return "an ordinary thread";
  return fmt::format("real-time priority {}", Ran::least_urgent_real_time - ran.prio);
}

std::string own_priority(const BundleThread& thread) {
  return is_real_time(thread) ? fmt::format("{} {}", thread.policy, thread.priority)
                              : "not real-time";
}

/// "6.12.3-rt" is at least 6.12.
bool kernel_is_at_least(std::string_view release, int major, int minor) {
  int numbers[2] = {0, 0};
  const char* at = release.data();
  const char* const end = at + release.size();
  for (int& number : numbers) {
    const auto [next, error] = std::from_chars(at, end, number);
    if (error != std::errc{}) return false;
    at = next == end ? next : next + 1;
  }
  return numbers[0] > major || (numbers[0] == major && numbers[1] >= minor);
}

std::string throttling_remedy(const Bundle& bundle, const Held& held) {
  constexpr std::string_view global = "Set kernel.sched_rt_runtime_us to -1 (sysctl)";
  if (held.by.idle() || !kernel_is_at_least(bundle.kernel, 6, 12))
    return fmt::format("{}, or leave the thread time to sleep.", global);
  return fmt::format(
      "Write 0 to /sys/kernel/debug/sched/fair_server/cpu{0}/runtime, or leave no ordinary thread "
      "on CPU {0}.",
      held.cpu);
}

}  // namespace

std::optional<Suspect> host_thread(const Late& late) {
  const auto held = longest(late, [&](const Held& h) {
    return !h.by.idle() && !is_interrupt_thread(h.by) && !is_throttling(late, h);
  });
  if (!held) return std::nullopt;
  const bool ordinary_late = !is_real_time(late.thread);
  Suspect suspect{.cause = Cause::host_thread, .ns = held->by.ns};
  suspect.text = fmt::format("{} {} (thread {}, {}) ran on CPU {} for {} while {} ({}) was ready.",
                             is_ours(late, held->by) ? "takt's own thread" : "The host's thread",
                             held->by.thread, held->by.tid, priority_text(held->by), held->cpu,
                             us(held->by.ns), late.thread.name, own_priority(late.thread));
  if (ordinary_late)
    suspect.remedy =
        fmt::format("Give {} a real-time policy and a CPU of its own.", late.thread.name);
  else if (is_ours(late, held->by))
    suspect.remedy = fmt::format(
        "Give one of the two another CPU (--vcpu, --server), or {} a priority "
        "above the other's.",
        late.thread.name);
  else if (held->by.ordinary())
    suspect.remedy =
        "It was in a part of the kernel that cannot be preempted: use a PREEMPT_RT kernel, and "
        "keep "
        "ordinary threads off this CPU (isolcpus=, takt check).";
  else
    suspect.remedy = fmt::format(
        "Keep it off CPU {} (taskset -c -p LIST {}; isolcpus=), or give {} a priority above its.",
        held->cpu, held->by.tid, late.thread.name);
  return suspect;
}

std::optional<Suspect> interrupt_thread(const Late& late) {
  const auto held = longest(late, [](const Held& h) { return is_interrupt_thread(h.by); });
  if (!held) return std::nullopt;
  const std::string name = held->by.thread;  // irq/24-eth0
  const std::string number = name.substr(4, name.find('-') == name.npos ? 0 : name.find('-') - 4);
  return Suspect{
      .cause = Cause::interrupt,
      .ns = held->by.ns,
      .text = fmt::format("The thread of interrupt {} ({}, {}) ran on CPU {} for {} while {} ({}) "
                          "was ready.",
                          number, name, priority_text(held->by), held->cpu, us(held->by.ns),
                          late.thread.name, own_priority(late.thread)),
      .remedy =
          fmt::format("Move the interrupt to a CPU without vCPUs (write a list without CPU {} "
                      "to /proc/irq/{}/smp_affinity_list), or give {} a priority above its "
                      "thread's.",
                      held->cpu, number, late.thread.name)};
}

std::optional<Suspect> throttled(const Late& late) {
  const auto held = longest(late, [&](const Held& h) { return is_throttling(late, h); });
  if (!held) return std::nullopt;
  const std::string who = held->by.idle() ? "nothing at all"
                                          : fmt::format("the ordinary thread {} (thread {})",
                                                        held->by.thread, held->by.tid);
  return Suspect{.cause = Cause::throttled,
                 .ns = held->by.ns,
                 .text = fmt::format(
                     "The kernel limits real-time threads: on CPU {} it ran {} for {} while {} "
                     "({}) was ready.",
                     held->cpu, who, us(held->by.ns), late.thread.name, own_priority(late.thread)),
                 .remedy = throttling_remedy(late.bundle, *held)};
}

std::optional<Suspect> idle_cpu(const Late& late) {
  const auto held =
      longest(late, [&](const Held& h) { return h.by.idle() && !is_throttling(late, h); });
  if (!held) return std::nullopt;
  return Suspect{.cause = Cause::idle_cpu,
                 .ns = held->by.ns,
                 .text = fmt::format("CPU {} was idle and took {} to wake up for {}.", held->cpu,
                                     us(held->by.ns), late.thread.name),
                 .remedy = "Keep its idle states shallow (/dev/cpu_dma_latency, takt check)."};
}

}  // namespace takt
