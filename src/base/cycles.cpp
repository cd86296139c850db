// SPDX-License-Identifier: Apache-2.0
#include "base/cycles.h"

#include <chrono>
#include <ctime>
#include <thread>

namespace takt {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t least_ns = 10'000'000;

std::uint64_t raw_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC_RAW, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * second + static_cast<std::uint64_t>(now.tv_nsec);
}

/// a * b / c without overflow for what fits the result.
std::uint64_t scaled(std::uint64_t a, std::uint64_t b, std::uint64_t c) {
  __extension__ using Wide = unsigned __int128;
  return static_cast<std::uint64_t>(Wide{a} * b / c);
}

}  // namespace

/// Both clocks at once: of several tries the one in which least time passed between them.
CycleClock::Instant CycleClock::now() {
  Instant best{};
  std::uint64_t least = ~0ull;
  for (int i = 0; i < 8; ++i) {
    const std::uint64_t before = cycles();
    const std::uint64_t ns = raw_ns();
    const std::uint64_t between = cycles() - before;
    if (between >= least) continue;
    least = between;
    best = {before + between / 2, ns};
  }
  return best;
}

CycleClock::CycleClock() : begin_{now()} {}

CycleRate CycleClock::rate() const {
  const std::uint64_t gone = raw_ns() - begin_.ns;
  if (gone < least_ns) std::this_thread::sleep_for(std::chrono::nanoseconds{least_ns - gone});
  const Instant end = now();
  return CycleRate{scaled(end.cycles - begin_.cycles, second, end.ns - begin_.ns)};
}

TimeLine CycleClock::line() const {
  const CycleRate rate_now = rate();
  const Instant instant = now();
  return {instant.cycles, instant.ns, rate_now};
}

}  // namespace takt
