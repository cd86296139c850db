// SPDX-License-Identifier: Apache-2.0
// The cheapest clock there is: a counter of the CPU's that user space can read, about 10 ns with
// nothing to wait for. For durations on one machine; never for the time of day.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

/// A reading of the counter. Alike on all CPUs and never going back, as far as the host's kernel
/// trusts it (x86: invariant TSC, Intel SDM vol. 3B, 18.17; arm64: CNTVCT_EL0, DDI 0487, D12.2). It
/// is not ordered against other instructions: a reading may be some nanoseconds early or late.
[[nodiscard]] inline std::uint64_t cycles() RT {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  std::uint64_t value = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(value));
  return value;
#else
#error "no counter for this architecture"
#endif
}

/// How long a cycle is.
class CycleRate {
 public:
  explicit constexpr CycleRate(std::uint64_t hz) : hz_{hz} {}

  [[nodiscard]] constexpr std::uint64_t hz() const { return hz_; }
  /// Rounded down; for any number of cycles.
  [[nodiscard]] constexpr std::uint64_t to_ns(std::uint64_t cycles) const {
    constexpr std::uint64_t second = 1'000'000'000;
    return cycles / hz_ * second + cycles % hz_ * second / hz_;
  }

 private:
  std::uint64_t hz_;  // below 2^34: the product above fits
};

/// The counter beside CLOCK_MONOTONIC_RAW.
class TimeLine {
 public:
  constexpr TimeLine(std::uint64_t cycles, std::uint64_t ns, CycleRate rate)
      : cycles_{cycles}, ns_{ns}, rate_{rate} {}

  [[nodiscard]] constexpr CycleRate rate() const { return rate_; }
  /// When the counter showed `cycles`, which may be before the line was drawn.
  [[nodiscard]] constexpr std::uint64_t ns_at(std::uint64_t cycles) const {
    return cycles >= cycles_ ? ns_ + rate_.to_ns(cycles - cycles_)
                             : ns_ - rate_.to_ns(cycles_ - cycles);
  }

 private:
  std::uint64_t cycles_;
  std::uint64_t ns_;
  CycleRate rate_;
};

/// Finds out the rate, by the time that goes by while the object exists. Not on real-time paths.
class CycleClock {
 public:
  CycleClock();
  /// Against CLOCK_MONOTONIC_RAW since construction; sleeps for what is missing of 10 ms of that.
  [[nodiscard]] CycleRate rate() const;
  /// The same with an instant of now.
  [[nodiscard]] TimeLine line() const;
  /// cycles() at construction.
  [[nodiscard]] std::uint64_t begin() const { return begin_.cycles; }

 private:
  struct Instant {
    std::uint64_t cycles = 0;
    std::uint64_t ns = 0;
  };
  static Instant now();
  Instant begin_;
};

}  // namespace takt
