// SPDX-License-Identifier: Apache-2.0
#include "vm/budget_watch.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <atomic>
#include <filesystem>
#include <thread>

#include "base/whole_file.h"
#include "record/bundle_json.h"
#include "record/explain.h"

namespace takt {
namespace {

namespace fs = std::filesystem;

/// The test's own thread as a server with a budget of 100 us for jobs, and a watch that looks when
/// it is told to.
class Watched {
 public:
  Watched() {
    std::string name = fs::temp_directory_path() / "takt-watch-XXXXXX";
    directory_ = ::mkdtemp(name.data());
    const auto budgets = server_budgets({.job_us = 100}, "slow");
    for (const RecordBudget& budget : budgets)
      recorder->set_budget(budget.kind, budget_cycles(budget.us, clock.rate()));
    WatchedThread thread{.name = "slow",
                         .tid = current_tid(),
                         .role = ThreadRole::server,
                         .recorder = recorder.get(),
                         .budgets = budgets};
    auto store = BundleStore::open(directory_, "vm");
    auto created =
        BudgetWatch::create({.vm = "vm",
                             .threads = {std::move(thread)},
                             .clock = clock,
                             .host_events = [this](std::uint64_t since) { return events(since); },
                             .effective_state = [] { return Result<std::string>{"{}"}; }},
                            std::move(*store));
    watch = std::move(*created);
  }
  ~Watched() {
    watch.reset();
    fs::remove_all(directory_);
  }
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  void job(std::uint64_t us) const {
    const std::uint64_t cycles_of_job = clock.rate().hz() / 1'000'000 * us;
    recorder->put({.at = cycles() - cycles_of_job,
                   .took = static_cast<std::uint32_t>(cycles_of_job),
                   .kind = RecordKind::job});
  }
  [[nodiscard]] std::vector<Bundle> bundles() const {
    std::vector<Bundle> all;
    for (const auto& entry : fs::directory_iterator{directory_}) {
      const auto file = WholeFile::read(entry.path());
      const auto bytes = file->bytes();
      auto bundle = parse_bundle({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
      EXPECT_TRUE(bundle) << bundle.error().text;
      if (bundle) all.push_back(std::move(*bundle));
    }
    return all;
  }

  CycleClock clock;
  std::unique_ptr<ThreadRecorder> recorder = std::make_unique<ThreadRecorder>(1);
  std::unique_ptr<BudgetWatch> watch;
  std::uint64_t asked_since = 0;

 private:
  Result<std::vector<HostEvent>> events(std::uint64_t since) {
    asked_since = since;
    return env_error("a test has none");
  }
  fs::path directory_;
};

TEST(BudgetWatch, AJobWithinItsBudgetIsNoMiss) {
  const Watched t;
  t.job(50);
  t.watch->look();
  EXPECT_EQ(t.watch->missed(), 0u);
  EXPECT_TRUE(t.bundles().empty());
}

TEST(BudgetWatch, AJobOverItsBudgetLeavesABundleThatExplainsIt) {
  const Watched t;
  t.job(50);
  t.job(300);
  t.watch->look();
  EXPECT_EQ(t.watch->missed(), 1u);
  const auto bundles = t.bundles();
  ASSERT_EQ(bundles.size(), 1u);
  EXPECT_EQ(bundles[0].miss.key, "job_us");
  EXPECT_NEAR(static_cast<double>(bundles[0].miss.took_ns), 300e3, 30e3);
  EXPECT_EQ(bundles[0].threads[0].records.size(), 2u);
  EXPECT_EQ(bundles[0].host_events_missing, "a test has none");
  EXPECT_EQ(explain(bundles[0]).cause, Cause::long_job);
}

TEST(BudgetWatch, TheHostIsAskedForTheTimeBeforeTheMiss) {
  const Watched t;
  t.job(300);
  t.watch->look();
  EXPECT_EQ(t.asked_since, t.bundles().at(0).miss.when.from_ns - BudgetWatch::before_ns);
}

TEST(BudgetWatch, OfSeveralMissesTheWorstIsReportedAndAllAreCounted) {
  const Watched t;
  t.job(200);
  t.job(400);
  t.job(300);
  t.watch->look();
  EXPECT_EQ(t.watch->missed(), 3u);
  ASSERT_EQ(t.bundles().size(), 1u);
  EXPECT_NEAR(static_cast<double>(t.bundles()[0].miss.took_ns), 400e3, 40e3);
}

TEST(BudgetWatch, AMissIsReportedOnce) {
  const Watched t;
  t.job(300);
  t.watch->look();
  t.watch->look();
  EXPECT_EQ(t.watch->missed(), 1u);
}

TEST(BudgetWatch, WatchesAThreadThatRecordsAllTheWhile) {  // for the thread sanitizer
  Watched t;
  ASSERT_TRUE(t.watch->start());
  for (int n = 0; n < 20'000; ++n) t.job(static_cast<std::uint64_t>(n % 200));
  t.watch->stop();
  EXPECT_EQ(t.watch->missed(), t.recorder->missed());
  EXPECT_GE(t.bundles().size(), 1u);
}

TEST(Budgets, AServersOwnBudgetGoesBeforeTheGeneralOne) {
  const Budgets budgets{.wakeup_us = 50, .job_us = 100, .server_job_us = {{"slow", 7}}};
  const auto slow = server_budgets(budgets, "slow");
  ASSERT_EQ(slow.size(), 2u);
  EXPECT_EQ(slow[1].key, "slow.job_us");
  EXPECT_EQ(slow[1].us, 7u);
  EXPECT_EQ(server_budgets(budgets, "console")[1].us, 100u);
  EXPECT_TRUE(vcpu_budgets(budgets).empty());
}

TEST(Budgets, TheLongestBudgetFitsTheFastestClock) {
  EXPECT_EQ(budget_cycles(20, CycleRate{2'000'000'000}), 40'000u);
  EXPECT_EQ(budget_cycles(Budgets::most_us, CycleRate{10'000'000'000}), 0xffff'fffeu);
}

}  // namespace
}  // namespace takt
