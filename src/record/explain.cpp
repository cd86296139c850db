// SPDX-License-Identifier: Apache-2.0
#include "record/explain.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "record/schedule.h"
#include "record/suspects.h"

namespace takt {
namespace {

constexpr std::array<std::string_view, 9> cause_names{"host thread", "slow device", "device lock",
                                                      "page fault",  "interrupt",   "throttled",
                                                      "idle CPU",    "long job",    "unknown"};

/// In other words: the thread could run and did not, and no record of its own says when.
bool is_run_delay(const Miss& miss) { return miss.budget == Budget::wakeup && !miss.record; }

std::optional<Span> longest_ready(const Bundle& bundle) {
  if (!bundle.host_events) return std::nullopt;
  std::optional<Span> longest;
  for (const Ready& ready :
       ready_times(*bundle.host_events, bundle.miss.tid, bundle.window.until_ns)) {
    const bool then = ready.span.cut(bundle.miss.when).ns() != 0;
    if (then && (!longest || ready.span.ns() > longest->ns())) longest = ready.span;
  }
  return longest;
}

std::string allowed(const Miss& miss) {
  return fmt::format("{} allows {}", miss.key, us(miss.budget_ns));
}

std::string run_delay_text(const Bundle& bundle, std::string_view name, Span span) {
  const Miss& miss = bundle.miss;
  if (longest_ready(bundle))
    return fmt::format("{} was late: it could run and did not for {}; {}.", name, us(span.ns()),
                       allowed(miss));
  return fmt::format(
      "{} was late: within {} it could run and did not for {}, in {} {}; {} for each.", name,
      us(miss.when.ns()), us(miss.took_ns), miss.waits, miss.waits == 1 ? "wait" : "waits",
      allowed(miss));
}

std::string what_happened(const Bundle& bundle, std::string_view name, Span span) {
  const Miss& miss = bundle.miss;
  if (!miss.record) return run_delay_text(bundle, name, span);
  if (miss.budget == Budget::wakeup)
    return fmt::format("{} was late: it ran {} after its bell was rung; {}.", name,
                       us(miss.took_ns), allowed(miss));
  return fmt::format("{} was late: its {} took {}; {}.", name, words_for(*miss.record),
                     us(miss.took_ns), allowed(miss));
}

std::string without_events(const Bundle& bundle) {
  return fmt::format(
      " The host's own events are missing ({}): with them the thread or interrupt "
      "that had the CPU could be named.",
      bundle.host_events_missing);
}

/// What is left when no rule found anything that lasted long enough.
Explanation nobody_else(const Bundle& bundle, std::string text) {
  const bool ran = bundle.miss.record && bundle.miss.budget != Budget::wakeup;
  if (ran)
    text += bundle.host_events
                ? " Nobody else was involved: nothing had its CPU, and it waited for no other "
                  "thread of takt's. The work itself was long."
                : " No other thread of takt's was involved.";
  else if (bundle.host_events)
    text += " The host's events do not show who had its CPU.";
  if (!bundle.host_events) text += without_events(bundle);
  if (!bundle.host_events && bundle.rt_runtime_us && *bundle.rt_runtime_us >= 0)
    text += fmt::format(" This host throttles real-time threads (kernel.sched_rt_runtime_us = {}).",
                        *bundle.rt_runtime_us);
  return {ran ? Cause::long_job : Cause::unknown, std::move(text)};
}

}  // namespace

std::string_view cause_name(Cause cause) { return cause_names[std::to_underlying(cause)]; }

Span late_span(const Bundle& bundle) {
  if (!is_run_delay(bundle.miss)) return bundle.miss.when;
  return longest_ready(bundle).value_or(bundle.miss.when);
}

Explanation explain(const Bundle& bundle) {
  const BundleThread* thread = thread_of(bundle, bundle.miss.tid);
  if (thread == nullptr)
    return {Cause::unknown, "The bundle does not have the thread that was late."};
  const Span span = late_span(bundle);
  std::string text = what_happened(bundle, thread->name, span);
  const std::uint64_t budget = bundle.miss.budget_ns;
  const std::uint64_t excess = span.ns() > budget ? span.ns() - budget : 0;
  const auto suspect = worst(all_rules, {bundle, *thread, span}, excess);
  if (!suspect) return nobody_else(bundle, std::move(text));
  return {suspect->cause, fmt::format("{} {} {}", text, suspect->text, suspect->remedy)};
}

}  // namespace takt
