// SPDX-License-Identifier: Apache-2.0
// Looks for missed budgets every few milliseconds, from a thread of its own that is not real-time,
// and writes down what was going on. The threads that it watches do nothing for it but keep their
// records; how long they had to wait for a CPU it reads from the kernel.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/cycles.h"
#include "base/fd.h"
#include "base/result.h"
#include "base/thread.h"
#include "host/thread_stat.h"
#include "record/bundle.h"
#include "record/thread_recorder.h"
#include "vm/budgets.h"
#include "vm/bundle_store.h"

namespace takt {

/// A thread of the VM. Those without a recorder only stand in bundles.
struct WatchedThread {
  std::string name = {};
  pid_t tid = 0;
  ThreadRole role = ThreadRole::other;
  const ThreadRecorder* recorder = nullptr;
  std::vector<RecordBudget> budgets = {};
  std::optional<std::uint32_t> wakeup_us = {};  // of waits that the kernel counts
};

/// What a watch needs of the machine, all of it for its own thread.
struct WatchWorld {
  std::string vm = {};
  std::vector<WatchedThread> threads = {};
  const CycleClock& clock;
  /// The host's events since an instant; the error says why there are none.
  std::function<Result<std::vector<HostEvent>>(std::uint64_t since_ns)> host_events = {};
  std::function<Result<std::string>()> effective_state = {};
  std::function<std::string_view(DeviceId)> device_name = [](DeviceId) -> std::string_view {
    return "";
  };
};

class BudgetWatch {
 public:
  static constexpr int look_every_ms = 5;
  static constexpr std::uint64_t before_ns = 20'000'000;  // a bundle begins so long before the miss

  /// While the threads exist, before the guest runs.
  static Result<std::unique_ptr<BudgetWatch>> create(WatchWorld world, BundleStore store);
  ~BudgetWatch() { stop(); }

  Result<> start();
  /// Before the first of the threads ends. Looks once more, then joins.
  void stop();

  [[nodiscard]] pid_t tid() const { return thread_.tid(); }
  /// Records and waits that were over their budget; bundles written. After stop().
  [[nodiscard]] std::uint64_t missed() const { return missed_; }
  [[nodiscard]] unsigned bundles() const { return bundles_; }

  /// One look; the thread's work. Public for tests, which have no thread.
  void look();

 private:
  /// A watched thread with what was known of it at the last look.
  struct Known {
    WatchedThread thread;
    ThreadStat stat;
    EffectiveThread place;  // when the guest was about to start
    std::uint64_t missed = 0;
    RunDelay delay = {};
    PageFaults faults = {};
    PageFaults faults_lately = {};
  };

  BudgetWatch(WatchWorld world, BundleStore store, Fd wake)
      : world_{std::move(world)}, store_{std::move(store)}, wake_{std::move(wake)} {}
  Result<> get_to_know();
  void body();
  void look_at_records(Known& known, std::vector<Miss>& misses);
  void look_at_delay(Known& known, std::vector<Miss>& misses);
  [[nodiscard]] Miss miss_of(const Known& known, const Record& record, const TimeLine& line) const;
  void report(const Miss& miss);
  [[nodiscard]] Bundle bundle_of(const Miss& miss) const;
  [[nodiscard]] BundleThread describe(const Known& known, Span window, const TimeLine& line) const;

  WatchWorld world_;
  BundleStore store_;
  Fd wake_;
  std::vector<Known> known_;
  Span lately_ = {};  // between the last two looks
  std::uint64_t missed_ = 0;
  unsigned bundles_ = 0;
  std::atomic<bool> stopping_ = false;
  Thread thread_;  // last: joined before anything that it uses goes away
};

}  // namespace takt
