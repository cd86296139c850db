// SPDX-License-Identifier: Apache-2.0
// How often which duration: buckets that double, each doubling cut into eight, so that a value is
// known to one part in eight from 1 to 2^40. One writer that never waits; readers copy.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "base/rt.h"

namespace takt {

/// The buckets' numbers, the same for the histogram that is written and its copies.
struct HistogramBuckets {
  static constexpr unsigned sub_bits = 3;  // 2^3 buckets to an octave
  static constexpr unsigned value_bits = 40;
  static constexpr std::size_t count = (value_bits - sub_bits + 1) << sub_bits;

  /// Values from 2^40 on are in the last one.
  [[nodiscard]] static constexpr std::size_t of(std::uint64_t value) RT {
    constexpr std::uint64_t largest = (std::uint64_t{1} << value_bits) - 1;
    if (value > largest) value = largest;
    if (value < 1u << sub_bits) return static_cast<std::size_t>(value);
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return ((shift + 1) << sub_bits) +
           static_cast<std::size_t>((value >> shift) - (1u << sub_bits));
  }
  /// The least value in bucket n, and of n = count what comes after the last.
  [[nodiscard]] static constexpr std::uint64_t least(std::size_t n) {
    if (n < 1u << sub_bits) return n;
    const auto shift = static_cast<unsigned>(n >> sub_bits) - 1;
    const std::uint64_t mantissa = (1u << sub_bits) + (n & ((1u << sub_bits) - 1));
    return mantissa << shift;
  }
};

/// A copy that stands still.
struct HistogramCopy {
  std::array<std::uint64_t, HistogramBuckets::count> counts{};
  std::uint64_t max = 0;
  std::uint64_t max_at = 0;  // what the writer gave with it: a time stamp

  [[nodiscard]] std::uint64_t samples() const;
  /// The least value that is not below `percent` of the samples, as the upper end of its bucket but
  /// never above max; 0 without samples.
  [[nodiscard]] std::uint64_t percentile(double percent) const;
};

class Histogram {
 public:
  /// One thread only. A handful of instructions, two cache lines.
  void record(std::uint64_t value, std::uint64_t at) RT {
    record_in(HistogramBuckets::of(value), value, at);
  }
  /// The same for a writer that has several histograms and finds the bucket once.
  void record_in(std::size_t bucket, std::uint64_t value, std::uint64_t at) RT {
    bump(counts_[bucket]);
    if (value <= max_.load(std::memory_order_relaxed)) return;
    max_at_.store(at, std::memory_order_relaxed);
    max_.store(value, std::memory_order_relaxed);
  }
  /// Any thread. While the writer writes, a sample or two may be in one bucket and not in another.
  [[nodiscard]] HistogramCopy copy() const;

 private:
  static void bump(std::atomic<std::uint64_t>& count) RT {
    count.store(count.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }

  std::array<std::atomic<std::uint64_t>, HistogramBuckets::count> counts_{};
  std::atomic<std::uint64_t> max_ = 0;
  std::atomic<std::uint64_t> max_at_ = 0;
};

}  // namespace takt
