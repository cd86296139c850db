// SPDX-License-Identifier: Apache-2.0
// What the flight recorder adds to an exit: two readings of the counter, a histogram, a record in
// the ring. `off` is the same loop without. bench/recorder.sh runs this and judges.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <memory>
#include <random>
#include <vector>

#include "vm/vcpu_recorder.h"

namespace {

using takt::ExitRecord;
using takt::kvm::ExitKind;

struct Exit {
  ExitKind kind;
  std::uint64_t address;
};

/// Kinds and addresses as a guest with a few devices gives them; drawn beforehand.
std::vector<Exit> exits() {
  std::mt19937 random{1};
  std::vector<Exit> drawn(1024);
  for (Exit& exit : drawn)
    exit = {random() % 3 != 0 ? ExitKind::mmio : ExitKind::pio, 0xd000'0000 + random() % 64 * 4};
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
  const auto recorder = std::make_unique<takt::VcpuRecorder>();
  std::size_t n = 0;
  for (auto _ : state) {
    const Exit& exit = drawn[n++ % drawn.size()];
    ExitRecord record{.at = takt::cycles(), .kind = exit.kind};
    record.address = exit.address;
    record.width = 4;
    benchmark::DoNotOptimize(record);
    recorder->exit(record, takt::cycles());
  }
}

BENCHMARK(off);
BENCHMARK(on);

}  // namespace

BENCHMARK_MAIN();
