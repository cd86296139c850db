// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace probe {

/// Counts of samples in log-linear buckets: 32 buckets for each power of two, so that a bucket is
/// never wider than 1/32 of its lower bound, and values below 64 have a bucket each. Memory is
/// fixed. Minimum, maximum and sum are kept exactly, beside the buckets. The unit of the samples
/// is the caller's. One CPU at a time.
class Histogram {
 public:
  static constexpr unsigned sub_bits = 5;
  static constexpr unsigned value_bits = 40;  // larger samples share the last bucket
  static constexpr std::size_t buckets = (value_bits - sub_bits + 1) << sub_bits;

  /// Index of the bucket that holds `value`.
  static constexpr std::size_t index(std::uint64_t value) {
    if (value >> value_bits != 0) return buckets - 1;
    if (value >> sub_bits == 0) return static_cast<std::size_t>(value);
    const unsigned shift = static_cast<unsigned>(std::bit_width(value)) - 1 - sub_bits;
    return (std::size_t{shift} << sub_bits) + static_cast<std::size_t>(value >> shift);
  }

  /// Smallest value of bucket `i`; for `i` == `buckets`, one more than the largest value counted
  /// apart.
  static constexpr std::uint64_t lower(std::size_t i) {
    if (i >> sub_bits == 0) return i;
    const std::size_t shift = (i >> sub_bits) - 1;
    return std::uint64_t{i - (shift << sub_bits)} << shift;
  }

  void clear() { *this = Histogram{}; }
  void record(std::uint64_t value);

  std::uint64_t count() const { return count_; }
  std::uint64_t count_in(std::size_t i) const { return counts_[i]; }
  /// 0 while empty, as are all of the following.
  std::uint64_t min() const { return count_ == 0 ? 0 : min_; }
  std::uint64_t max() const { return max_; }
  /// Rounded down.
  std::uint64_t average() const { return count_ == 0 ? 0 : sum_ / count_; }
  /// The value that `permille`/1000 of the samples do not exceed (0..1000), rounded up to the
  /// upper end of its bucket but never beyond max().
  std::uint64_t quantile(unsigned permille) const;

 private:
  std::array<std::uint32_t, buckets> counts_{};
  std::uint64_t count_ = 0;
  std::uint64_t sum_ = 0;
  std::uint64_t min_ = UINT64_MAX;
  std::uint64_t max_ = 0;
};

static_assert(Histogram::index(0) == 0);
static_assert(Histogram::index((1ull << Histogram::value_bits) - 1) == Histogram::buckets - 1);
static_assert(Histogram::lower(Histogram::buckets) == 1ull << Histogram::value_bits);

}  // namespace probe
