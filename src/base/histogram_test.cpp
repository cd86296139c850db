// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(HistogramBuckets, AreContiguousAndHoldTheirOwnLeastValue) {
  for (std::size_t n = 0; n < HistogramBuckets::count; ++n) {
    EXPECT_EQ(HistogramBuckets::of(HistogramBuckets::least(n)), n);
    EXPECT_EQ(HistogramBuckets::of(HistogramBuckets::least(n + 1) - 1), n);
  }
}

TEST(HistogramBuckets, KnowAValueToOnePartInEight) {
  for (const std::uint64_t value : {9ull, 100ull, 12'345ull, 1ull << 30}) {
    const std::size_t n = HistogramBuckets::of(value);
    const std::uint64_t width = HistogramBuckets::least(n + 1) - HistogramBuckets::least(n);
    EXPECT_LE(width * 8, value + 7);
  }
}

TEST(HistogramBuckets, TheLastOneTakesEverythingBeyond) {
  EXPECT_EQ(HistogramBuckets::of(~0ull), HistogramBuckets::count - 1);
}

TEST(Histogram, IsEmptyAtFirst) {
  const HistogramCopy copy = Histogram{}.copy();
  EXPECT_EQ(copy.samples(), 0u);
  EXPECT_EQ(copy.percentile(99), 0u);
  EXPECT_EQ(copy.max, 0u);
}

TEST(Histogram, KeepsTheMaximumAndWhenItWas) {
  Histogram histogram;
  histogram.record(10, 1);
  histogram.record(500, 2);
  histogram.record(500, 3);
  histogram.record(7, 4);
  const HistogramCopy copy = histogram.copy();
  EXPECT_EQ(copy.samples(), 4u);
  EXPECT_EQ(copy.max, 500u);
  EXPECT_EQ(copy.max_at, 2u) << "the first time";
}

TEST(Histogram, PercentilesAreUpperEndsAndNeverAboveTheMaximum) {
  Histogram histogram;
  for (std::uint64_t value = 1; value <= 100; ++value) histogram.record(value, 0);
  const HistogramCopy copy = histogram.copy();
  EXPECT_GE(copy.percentile(50), 50u);
  EXPECT_LE(copy.percentile(50), 57u);
  EXPECT_EQ(copy.percentile(100), 100u);
  EXPECT_EQ(copy.percentile(0), 1u);
}

}  // namespace
}  // namespace takt
