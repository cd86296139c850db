// SPDX-License-Identifier: Apache-2.0
// Bundles for tests, put together by hand. Times are in us since the miss began, which is 1 s.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "record/bundle.h"

namespace takt {

inline constexpr std::int32_t vcpu_tid = 100;
inline constexpr std::int32_t server_tid = 200;
inline constexpr std::int32_t vcpu_prio = 19;  // the kernel's for FIFO 80
inline constexpr std::uint64_t begin_ns = 1'000'000'000;

inline std::uint64_t at_us(std::int64_t us) {
  return begin_ns + static_cast<std::uint64_t>(us * 1000);
}

/// A VM with vcpu0 (FIFO 80) and the server `slow` (FIFO 70) on CPU 2, and nothing that happened.
class TestBundle {
 public:
  TestBundle() {
    bundle.vm = "takt";
    bundle.written = "2026-01-31T12:00:00Z";
    bundle.kernel = "6.12.1-rt-amd64";
    bundle.window = {at_us(-20'000), at_us(10'000)};
    bundle.lately = {at_us(-2'000), at_us(3'000)};
    bundle.threads = {{.name = "vcpu0",
                       .tid = vcpu_tid,
                       .role = ThreadRole::vcpu,
                       .policy = "fifo",
                       .priority = 80,
                       .cpus = "2"},
                      {.name = "slow",
                       .tid = server_tid,
                       .role = ThreadRole::server,
                       .policy = "fifo",
                       .priority = 70,
                       .cpus = "2"}};
    bundle.host_events_missing = "not permitted";
  }
  [[nodiscard]] BundleThread& vcpu() { return bundle.threads[0]; }
  [[nodiscard]] BundleThread& server() { return bundle.threads[1]; }

  TestBundle& record(BundleThread& thread, RecordKind kind, std::int64_t at, std::uint64_t took_us,
                     std::string device = "slow") {
    thread.records.push_back({.at_ns = at_us(at),
                              .took_ns = took_us * 1000,
                              .kind = kind,
                              .address = 0xff00'1008,
                              .device = std::move(device),
                              .width = 4});
    return *this;
  }
  /// The last record of a thread was over its budget.
  TestBundle& missed(const BundleThread& thread, Budget budget, std::uint64_t budget_us) {
    const BundleRecord& record = thread.records.back();
    bundle.miss = {.budget = budget,
                   .key = budget == Budget::exit ? "exit_us" : "job_us",
                   .budget_ns = budget_us * 1000,
                   .tid = thread.tid,
                   .when = record.span(),
                   .took_ns = record.took_ns,
                   .record = record};
    return *this;
  }
  /// The vCPU waited for its CPU, somewhere in the 5 ms after the begin.
  TestBundle& waited(std::uint64_t took_us, std::uint64_t waits = 1) {
    bundle.miss = {.budget = Budget::wakeup,
                   .key = "wakeup_us",
                   .budget_ns = 50'000,
                   .tid = vcpu_tid,
                   .when = {at_us(0), at_us(5'000)},
                   .took_ns = took_us * 1000,
                   .waits = waits};
    return *this;
  }

  TestBundle& event(std::int64_t at, std::int32_t tid, std::string name, std::string details,
                    std::uint32_t cpu = 2) {
    if (!bundle.host_events) bundle.host_events.emplace();
    bundle.host_events->push_back(
        {at_us(at), cpu, tid, "thread", std::move(name), std::move(details)});
    return *this;
  }
  struct Side {
    std::string name;
    std::int32_t tid;
    int prio;
  };
  /// `state` is what became of the one that left the CPU.
  TestBundle& switched(std::int64_t at, const Side& from, const std::string& state,
                       const Side& to) {
    return event(at, from.tid, "sched_switch",
                 fmt::format("prev_comm={} prev_pid={} prev_prio={} prev_state={} ==> next_comm={} "
                             "next_pid={} next_prio={}",
                             from.name, from.tid, from.prio, state, to.name, to.tid, to.prio));
  }
  TestBundle& woken(std::int64_t at, const Side& who) {
    return event(at, 0, "sched_waking",
                 fmt::format("comm={} pid={} prio={} target_cpu=002", who.name, who.tid, who.prio));
  }

  Bundle bundle;
};

inline const TestBundle::Side on_vcpu{"vcpu0", vcpu_tid, vcpu_prio};
inline const TestBundle::Side on_server{"slow", server_tid, 29};
inline const TestBundle::Side on_nothing{"swapper/2", 0, 120};

}  // namespace takt
