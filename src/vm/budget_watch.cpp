// SPDX-License-Identifier: Apache-2.0
#include "vm/budget_watch.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/utsname.h>

#include <algorithm>

#include "host/host_files.h"
#include "host/system_clock.h"
#include "record/bundle_json.h"
#include "record/explain.h"
#include "vm/devices.h"

namespace takt {
namespace {

std::uint64_t raw_now_ns() { return static_cast<std::uint64_t>(host_ns(CLOCK_MONOTONIC_RAW)); }

std::string kernel_release() {
  utsname name{};
  ::uname(&name);
  return name.release;
}

std::optional<std::int64_t> rt_runtime_us() {
  const auto us = HostFiles{}.number("proc/sys/kernel/sched_rt_runtime_us");
  return us ? std::optional{*us} : std::nullopt;
}

BundleRecord in_words(const Record& record, const TimeLine& line, const WatchWorld& world) {
  return {.at_ns = line.ns_at(record.at),
          .took_ns = line.rate().to_ns(record.took),
          .kind = record.kind,
          .address = record.address,
          .device = std::string{world.device_name(record.device)},
          .write = record.is_write(),
          .width = record.width()};
}

/// By how many times its budget.
double badness(const Miss& miss) {
  return static_cast<double>(miss.took_ns) / static_cast<double>(miss.budget_ns);
}

}  // namespace

Result<std::unique_ptr<BudgetWatch>> BudgetWatch::create(WatchWorld world, BundleStore store) {
  TRY(Fd wake, make_eventfd());
  std::unique_ptr<BudgetWatch> watch{
      new BudgetWatch{std::move(world), std::move(store), std::move(wake)}};
  TRY_VOID(watch->get_to_know());
  return watch;
}

Result<> BudgetWatch::get_to_know() {
  for (const WatchedThread& thread : world_.threads) {
    auto stat = ThreadStat::open(thread.tid);
    if (!stat) return in_context("budget", stat.error());
    TRY(EffectiveThread place, effective_thread(thread.tid));
    Known known{.thread = thread, .stat = std::move(*stat), .place = std::move(place)};
    known.delay = known.stat.run_delay().value_or(RunDelay{});
    known.faults = known.stat.page_faults().value_or(PageFaults{});
    known_.push_back(std::move(known));
  }
  lately_ = {raw_now_ns(), raw_now_ns()};
  return {};
}

Result<> BudgetWatch::start() {
  TRY(thread_, Thread::start("trace", [this] { body(); }));
  return {};
}

void BudgetWatch::stop() {
  stopping_.store(true, std::memory_order_release);
  signal_eventfd(wake_);
  thread_.join();
}

void BudgetWatch::body() {
  pollfd wake{.fd = wake_.raw(), .events = POLLIN, .revents = 0};
  while (!stopping_.load(std::memory_order_acquire)) {
    ::poll(&wake, 1, look_every_ms);
    look();
  }
  look();  // what happened since
}

void BudgetWatch::look() {
  lately_ = {lately_.until_ns, raw_now_ns()};
  std::vector<Miss> misses;
  for (Known& known : known_) {
    look_at_records(known, misses);
    look_at_delay(known, misses);
    const PageFaults faults = known.stat.page_faults().value_or(known.faults);
    known.faults_lately = {faults.minor - known.faults.minor, faults.major - known.faults.major};
    known.faults = faults;
  }
  if (misses.empty()) return;
  if (store_.has_room(lately_.until_ns)) report(*std::ranges::max_element(misses, {}, badness));
}

void BudgetWatch::look_at_records(Known& known, std::vector<Miss>& misses) {
  if (known.thread.recorder == nullptr) return;
  const std::uint64_t missed = known.thread.recorder->missed();
  const std::uint64_t fresh = missed - known.missed;
  if (fresh == 0) return;
  known.missed = missed;
  missed_ += fresh;
  const TimeLine line = world_.clock.line();
  const std::vector<Record> records = known.thread.recorder->misses();
  const auto count = std::min<std::size_t>(fresh, records.size());
  for (std::size_t n = records.size() - count; n < records.size(); ++n)
    misses.push_back(miss_of(known, records[n], line));
}

/// Of the waits since the last look only the sum is known; one of them was late for certain when
/// all together took longer than so many may.
void BudgetWatch::look_at_delay(Known& known, std::vector<Miss>& misses) {
  if (!known.thread.wakeup_us) return;
  const auto delay = known.stat.run_delay();
  if (!delay) return;
  const std::uint64_t waits = std::max<std::uint64_t>(delay->waits - known.delay.waits, 1);
  const std::uint64_t took_ns = delay->ns - known.delay.ns;
  known.delay = *delay;
  const std::uint64_t budget_ns = std::uint64_t{*known.thread.wakeup_us} * 1000;
  if (took_ns / waits <= budget_ns) return;
  ++missed_;
  misses.push_back({.budget = Budget::wakeup,
                    .key = "wakeup_us",
                    .budget_ns = budget_ns,
                    .tid = known.thread.tid,
                    .when = lately_,
                    .took_ns = took_ns,
                    .waits = waits});
}

Miss BudgetWatch::miss_of(const Known& known, const Record& record, const TimeLine& line) const {
  const BundleRecord words = in_words(record, line, world_);
  Miss miss{
      .tid = known.thread.tid, .when = words.span(), .took_ns = words.took_ns, .record = words};
  const auto it = std::ranges::find(known.thread.budgets, record.kind, &RecordBudget::kind);
  if (it == known.thread.budgets.end()) return miss;
  miss.budget = it->budget;
  miss.key = it->key;
  miss.budget_ns = std::uint64_t{it->us} * 1000;
  return miss;
}

void BudgetWatch::report(const Miss& miss) {
  const Bundle bundle = bundle_of(miss);
  const auto path = store_.write(lately_.until_ns, to_json(bundle));
  if (path) ++bundles_;
  say(one_line(fmt::format("takt: {} ({})", explain(bundle).text,
                           path ? "takt blame " + *path : path.error().text)));
}

Bundle BudgetWatch::bundle_of(const Miss& miss) const {
  Bundle bundle{.vm = world_.vm, .kernel = kernel_release(), .miss = miss};
  bundle.written = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)));
  bundle.window.from_ns = miss.when.from_ns > before_ns ? miss.when.from_ns - before_ns : 0;
  auto events = world_.host_events(bundle.window.from_ns);
  if (events)
    bundle.host_events = std::move(*events);
  else
    bundle.host_events_missing = events.error().text;
  const TimeLine line = world_.clock.line();
  bundle.window.until_ns = raw_now_ns();
  bundle.lately = lately_;
  for (const Known& known : known_) bundle.threads.push_back(describe(known, bundle.window, line));
  bundle.rt_runtime_us = rt_runtime_us();
  bundle.effective = world_.effective_state().value_or("");
  return bundle;
}

BundleThread BudgetWatch::describe(const Known& known, Span window, const TimeLine& line) const {
  BundleThread thread{.name = known.thread.name,
                      .tid = known.thread.tid,
                      .role = known.thread.role,
                      .policy = known.place.policy,
                      .priority = known.place.priority,
                      .cpus = known.place.cpus.text(),
                      .minor_faults = known.faults_lately.minor,
                      .major_faults = known.faults_lately.major};
  if (known.thread.recorder == nullptr) return thread;
  for (const Record& record : known.thread.recorder->last()) {
    BundleRecord words = in_words(record, line, world_);
    if (words.span().cut(window).ns() != 0 || window.holds(words.at_ns))
      thread.records.push_back(std::move(words));
  }
  return thread;
}

}  // namespace takt
