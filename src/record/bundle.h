// SPDX-License-Identifier: Apache-2.0
// What was going on when a latency budget was missed: everything that `takt blame` knows. Written
// as a file (bundle_json.h), explained by explain.h. All times are of CLOCK_MONOTONIC_RAW.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "record/host_event.h"
#include "record/record.h"

namespace takt {

/// From one instant to another. One that ends before it begins is empty.
struct Span {
  std::uint64_t from_ns = 0;
  std::uint64_t until_ns = 0;

  [[nodiscard]] constexpr std::uint64_t ns() const {
    return until_ns > from_ns ? until_ns - from_ns : 0;
  }
  [[nodiscard]] constexpr bool holds(std::uint64_t at_ns) const {
    return at_ns >= from_ns && at_ns <= until_ns;
  }
  /// What both have.
  [[nodiscard]] constexpr Span cut(Span other) const {
    return {from_ns > other.from_ns ? from_ns : other.from_ns,
            until_ns < other.until_ns ? until_ns : other.until_ns};
  }
};

/// A Record (record/record.h) in words that last.
struct BundleRecord {
  std::uint64_t at_ns = 0;
  std::uint64_t took_ns = 0;
  RecordKind kind = RecordKind::other_exit;
  std::uint64_t address = 0;
  std::string device = {};  // "": none
  bool write = false;
  unsigned width = 0;  // in bytes

  [[nodiscard]] Span span() const { return {at_ns, at_ns + took_ns}; }
};

enum class ThreadRole : std::uint8_t { vcpu, server, other };

struct BundleThread {
  std::string name = {};
  std::int32_t tid = 0;
  ThreadRole role = ThreadRole::other;
  std::string policy = {};  // "fifo", "rr", "other"
  int priority = 0;
  std::string cpus = {};  // "2-3": where it may run
  /// Page faults in Bundle::lately.
  std::uint64_t minor_faults = 0;
  std::uint64_t major_faults = 0;
  std::vector<BundleRecord> records = {};  // in the order in which they ended
};

enum class Budget : std::uint8_t { exit, wakeup, job };

struct Miss {
  Budget budget = Budget::exit;
  std::string key = {};  // "exit_us", "slow.job_us": as it was configured
  std::uint64_t budget_ns = 0;
  std::int32_t tid = 0;  // of a thread of the bundle
  Span when = {};        // it happened in here
  std::uint64_t took_ns = 0;
  std::uint64_t waits = 1;  // took_ns is the sum of so many: wakeup without a record
  std::optional<BundleRecord> record = {};
};

struct Bundle {
  std::string vm = {};
  std::string written = {};  // UTC, 2026-01-31T12:00:00Z
  std::string kernel = {};   // uname -r
  Miss miss = {};
  Span window = {};  // of records and events
  Span lately = {};  // between the two last looks at the threads' page faults
  std::vector<BundleThread> threads = {};
  std::optional<std::vector<HostEvent>> host_events = {};  // oldest first
  std::string host_events_missing = {};                    // why there are none
  std::optional<std::int64_t> rt_runtime_us = {};          // kernel.sched_rt_runtime_us
  std::string effective = {};                              // JSON: Machine::effective_state()
};

/// The thread of a bundle; null if it has none with that id.
[[nodiscard]] const BundleThread* thread_of(const Bundle& bundle, std::int32_t tid);

}  // namespace takt
