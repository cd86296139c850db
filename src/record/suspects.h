// SPDX-License-Identifier: Apache-2.0
// What can have made a thread late. Each rule looks for one kind of thing, and says for how long it
// held the thread up; explain() believes the one that did so longest.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "record/bundle.h"
#include "record/explain.h"

namespace takt {

/// A thread that had something to do in a span of time and took too long for it.
struct Late {
  const Bundle& bundle;
  const BundleThread& thread;
  Span span;
};

struct Suspect {
  Cause cause = Cause::unknown;
  std::uint64_t ns = 0;     // how much of the span is its doing
  std::string text = {};    // a sentence: who held what for how long
  std::string remedy = {};  // a sentence: what to do
};

using Rule = std::optional<Suspect> (*)(const Late& late);

// suspects_schedule.cpp: by the host's events, who ran where the thread should have.
[[nodiscard]] std::optional<Suspect> host_thread(const Late& late);
[[nodiscard]] std::optional<Suspect> interrupt_thread(const Late& late);
[[nodiscard]] std::optional<Suspect> throttled(const Late& late);
[[nodiscard]] std::optional<Suspect> idle_cpu(const Late& late);
// suspects_work.cpp: while it ran, or waited for others of takt's threads.
[[nodiscard]] std::optional<Suspect> hard_interrupt(const Late& late);
[[nodiscard]] std::optional<Suspect> page_faults(const Late& late);
[[nodiscard]] std::optional<Suspect> device_lock(const Late& late);
[[nodiscard]] std::optional<Suspect> slow_server(const Late& late);

/// What holds up a thread by itself, and with slow_server() what does by way of a server. Of two
/// that weigh the same the first one counts.
inline constexpr std::array<Rule, 7> own_rules{interrupt_thread, throttled,   host_thread, idle_cpu,
                                               hard_interrupt,   device_lock, page_faults};
inline constexpr std::array<Rule, 8> all_rules{interrupt_thread, throttled,      host_thread,
                                               idle_cpu,         hard_interrupt, device_lock,
                                               page_faults,      slow_server};

/// The suspect among `rules` that held the thread up longest, if that is at least half of
/// `excess_ns`.
template <std::size_t n>
[[nodiscard]] std::optional<Suspect> worst(const std::array<Rule, n>& rules, const Late& late,
                                           std::uint64_t excess_ns) {
  std::optional<Suspect> found;
  for (const Rule rule : rules) {
    auto suspect = rule(late);
    if (!suspect || suspect->ns < excess_ns - excess_ns / 2) continue;
    if (!found || suspect->ns > found->ns) found = std::move(suspect);
  }
  return found;
}

/// "312.4 us"
[[nodiscard]] std::string us(std::uint64_t ns);
/// "MMIO write of 4 bytes at 0xff001008 (device slow)", "job for device slow (...)"
[[nodiscard]] std::string words_for(const BundleRecord& record);
/// The records of a thread that lie in `span` with at least a part.
[[nodiscard]] std::vector<const BundleRecord*> records_in(const BundleThread& thread, Span span);

}  // namespace takt
