// SPDX-License-Identifier: Apache-2.0
// What a vCPU's thread pays for an access to a device that others touch too: posted to its server,
// handed over to it (B), or done under the device's lock (A). Two threads, each on a CPU of its own
// where there are two. Prints one line for each sample: CASE NANOSECONDS. bench/handover.sh runs
// this and judges.
//
// A sample of a burst is its time divided by the number of its writes, of which the first wakes the
// server; samples of the others are single accesses. Where the server polls it is never asleep.
#include <fmt/format.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "base/cycles.h"
#include "base/thread.h"
#include "bus/serialized.h"
#include "bus/served.h"
#include "host/event_loop.h"

namespace {

using namespace takt;

constexpr Access posted_register{.offset = 0, .width = Width::b4};
constexpr Access synchronous_register{.offset = 4, .width = Width::b4};
constexpr unsigned burst = 16;
constexpr int samples = 4000;

/// A device without work: what is measured is the way to it.
class Register final : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "register"; }
  std::uint64_t read(Access) RT override { return value_.load(std::memory_order_relaxed); }
  void write(Access, std::uint64_t value) RT override {
    value_.store(value, std::memory_order_relaxed);
    count.fetch_add(1, std::memory_order_release);
  }
  [[nodiscard]] AccessRules rules() const override {
    static constexpr AccessRule posted[] = {
        {.first = 0, .last = 3, .read = Run::synchronous, .write = Run::posted}};
    return AccessRules{posted};
  }
  void wait_for(std::uint64_t writes) const {
    while (count.load(std::memory_order_acquire) != writes) std::this_thread::yield();
  }

  std::atomic<std::uint64_t> count = 0;

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

void print_sample(std::string_view name, CycleRate rate, std::uint64_t cycles, unsigned accesses) {
  fmt::print("{}\t{:.2f}\n", name, static_cast<double>(rate.to_ns(cycles * 100)) / 100 / accesses);
}

void place_on(int cpu) {
  if (const auto cpus = CpuList::parse(fmt::format("{}", cpu)))
    (void)place_thread(0, {.cpus = *cpus});
}

/// What any hand-over costs on this machine: a store to a line that another CPU reads all the time,
/// seen by all before this thread goes on.
std::vector<std::uint64_t> store_and_fence(int other_cpu) {
  struct alignas(64) Line {
    std::atomic<std::uint64_t> word = 0;
  };
  Line line, answer;
  std::thread other{[&] {
    place_on(other_cpu);
    for (std::uint64_t seen = 0; seen != ~std::uint64_t{0};
         answer.word.store(seen, std::memory_order_release))
      seen = line.word.load(std::memory_order_acquire);
  }};
  std::vector<std::uint64_t> took;
  for (std::uint64_t n = 1; n <= samples; ++n) {
    const std::uint64_t begin = cycles();
    line.word.store(n, std::memory_order_release);
    std::atomic_thread_fence(std::memory_order_seq_cst);
    took.push_back(cycles() - begin);
    while (answer.word.load(std::memory_order_acquire) != n) std::this_thread::yield();
  }
  line.word.store(~std::uint64_t{0}, std::memory_order_release);
  other.join();
  return took;
}

/// Longer than the server takes to fall asleep.
void pause() { std::this_thread::sleep_for(std::chrono::microseconds{200}); }

class Bench {
 public:
  Bench(int server_cpu, std::int64_t poll_ns) : server_cpu_{server_cpu}, polls_{poll_ns != 0} {
    loop_->add(served_);
    loop_->poll_for(poll_ns);
    server_ = std::thread{[this] {
      place_on(server_cpu_);
      loop_->begin();
      ready_ = true;
      loop_->run();
    }};
    while (!ready_) std::this_thread::yield();
  }
  ~Bench() {
    loop_->stop();
    server_.join();
  }
  Bench(const Bench&) = delete;
  Bench& operator=(const Bench&) = delete;

  /// Bursts of posted writes; before each the server has gone to sleep, unless it polls. (This
  /// thread sleeps too then, and finds its caches cold.)
  void posted(std::string_view name, unsigned writes) {
    for (int n = 0; n < samples; ++n) {
      if (!polls_) pause();
      const std::uint64_t begin = cycles();
      for (unsigned i = 0; i < writes; ++i) served_.write(posted_register, i);
      add(name, begin, writes);
      written_ += writes;
      register_.wait_for(written_);
    }
  }
  void synchronous(std::string_view name, Device& device) {
    for (int n = 0; n < samples; ++n) {
      const std::uint64_t begin = cycles();
      (void)device.read(synchronous_register);
      add(name, begin, 1);
    }
  }
  [[nodiscard]] Device& under_lock() { return serialized_; }
  [[nodiscard]] Device& on_server() { return served_; }
  void print() const {
    const CycleRate rate = clock_.rate();
    for (const Sample& sample : samples_)
      print_sample(sample.name, rate, sample.cycles, sample.accesses);
  }

 private:
  struct Sample {
    std::string_view name;
    std::uint64_t cycles;
    unsigned accesses;
  };
  void add(std::string_view name, std::uint64_t begin, unsigned accesses) {
    samples_.push_back({name, cycles() - begin, accesses});
  }

  CycleClock clock_;
  int server_cpu_;
  bool polls_;
  Register register_;
  std::unique_ptr<EventLoop> loop_ = *EventLoop::create();
  Served served_{register_, DeviceId{1}, *loop_, 1};
  Serialized serialized_{register_};
  std::vector<Sample> samples_;
  std::uint64_t written_ = 0;
  std::atomic<bool> ready_ = false;
  std::thread server_;
};

}  // namespace

int main() {
  place_on(0);
  const int server_cpu = std::thread::hardware_concurrency() > 1 ? 1 : 0;
  constexpr std::int64_t second = 1'000'000'000;
  const CycleClock clock;
  const auto floor = store_and_fence(server_cpu);
  const CycleRate rate = clock.rate();
  for (const std::uint64_t took : floor) print_sample("a store and a fence", rate, took, 1);
  {
    Bench polling{server_cpu, second};
    polling.posted("posted, server polls", 1);
    polling.synchronous("synchronous, B, server polls", polling.on_server());
    polling.print();
  }
  Bench bench{server_cpu, 0};
  bench.posted("posted, 16 in a burst", burst);
  bench.posted("posted, wakes the server", 1);
  bench.synchronous("synchronous, B", bench.on_server());
  bench.synchronous("synchronous, A", bench.under_lock());
  bench.print();
}
