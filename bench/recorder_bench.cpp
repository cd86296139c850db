// SPDX-License-Identifier: Apache-2.0
// What the flight recorder adds to an exit: two readings of the counter, two histograms, a record
// in the ring. `off` is the same loop without. bench/recorder.sh runs this and judges.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "base/cycles.h"
#include "record/thread_recorder.h"

namespace {

using takt::Record;
using takt::RecordKind;

constexpr std::size_t devices = 8;

struct Exit {
  RecordKind kind;
  std::uint64_t address;
};

/// Kinds and addresses as a guest with a few devices gives them; drawn beforehand.
std::vector<Exit> exits() {
  std::mt19937 random{1};
  std::vector<Exit> drawn(1024);
  for (Exit& exit : drawn)
    exit = {random() % 3 != 0 ? RecordKind::mmio : RecordKind::pio,
            0xd000'0000 + random() % 64 * 4};
  return drawn;
}

void off(benchmark::State& state) {
  const auto drawn = exits();
  std::size_t n = 0;
  for (auto _ : state) {
    const Exit& exit = drawn[n++ % drawn.size()];
    benchmark::DoNotOptimize(exit);
  }
}

void on(benchmark::State& state) {
  const auto drawn = exits();
  const auto recorder = std::make_unique<takt::ThreadRecorder>(devices);
  recorder->set_budget(RecordKind::mmio,
                       takt::ThreadRecorder::no_budget - 1);  // compared, not missed
  std::size_t n = 0;
  for (auto _ : state) {
    const Exit& exit = drawn[n++ % drawn.size()];
    Record record{.at = takt::cycles(), .kind = exit.kind};
    record.address = exit.address;
    record.detail = takt::access_detail(4, true);
    record.device = takt::DeviceId{static_cast<std::uint16_t>(exit.address / 4 % devices + 1)};
    benchmark::DoNotOptimize(record);
    record.took = takt::took_cycles(record.at, takt::cycles());
    recorder->put(record);
  }
}

BENCHMARK(off);
BENCHMARK(on);

}  // namespace

BENCHMARK_MAIN();
