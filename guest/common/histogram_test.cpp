// SPDX-License-Identifier: Apache-2.0
#include "common/histogram.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>

namespace probe {
namespace {

TEST(Histogram, SmallValuesHaveABucketEach) {
  EXPECT_EQ(Histogram::index(31), 31u);
  EXPECT_EQ(Histogram::index(32), 32u);
  EXPECT_EQ(Histogram::index(63), 63u);
  EXPECT_EQ(Histogram::index(64), 64u);
  EXPECT_EQ(Histogram::index(65), 64u);
}

TEST(Histogram, LowerBoundOfEveryBucketFallsIntoThatBucket) {
  for (std::size_t i = 0; i < Histogram::buckets; ++i) {
    ASSERT_EQ(Histogram::index(Histogram::lower(i)), i);
  }
}

TEST(Histogram, ValueBeforeALowerBoundFallsIntoTheBucketBefore) {
  for (std::size_t i = 1; i < Histogram::buckets; ++i) {
    ASSERT_EQ(Histogram::index(Histogram::lower(i) - 1), i - 1);
  }
}

TEST(Histogram, BucketIsNeverWiderThanOneThirtySecondOfItsLowerBound) {
  for (std::size_t i = 32; i < Histogram::buckets; ++i) {
    const std::uint64_t width = Histogram::lower(i + 1) - Histogram::lower(i);
    ASSERT_LE(width * 32, Histogram::lower(i));
  }
}

TEST(Histogram, EmptyOneReportsZeros) {
  const Histogram h;
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.min(), 0u);
  EXPECT_EQ(h.average(), 0u);
  EXPECT_EQ(h.quantile(990), 0u);
  EXPECT_EQ(h.max(), 0u);
}

TEST(Histogram, MinimumMaximumAndAverageAreExact) {
  Histogram h;
  h.record(1'000'003);
  h.record(1'000'005);
  EXPECT_EQ(h.min(), 1'000'003u);
  EXPECT_EQ(h.max(), 1'000'005u);
  EXPECT_EQ(h.average(), 1'000'004u);
}

TEST(Histogram, NinetyNinthPercentileLeavesOutOneSampleOfAHundred) {
  Histogram h;
  for (int i = 0; i < 99; ++i) h.record(10);
  h.record(5000);
  EXPECT_EQ(h.quantile(990), 10u);
  EXPECT_EQ(h.quantile(1000), 5000u);
}

TEST(Histogram, QuantileIsNeverAboveTheMaximum) {
  Histogram h;
  h.record(1'000'000);
  EXPECT_EQ(h.quantile(500), 1'000'000u);
}

TEST(Histogram, ValuesBeyondTheRangeShareTheLastBucketAndKeepTheirMaximum) {
  Histogram h;
  h.record(UINT64_MAX);
  EXPECT_EQ(h.count_in(Histogram::buckets - 1), 1u);
  EXPECT_EQ(h.quantile(990), UINT64_MAX);
}

TEST(Histogram, ClearForgetsEverything) {
  Histogram h;
  h.record(42);
  h.clear();
  EXPECT_EQ(h.count(), 0u);
  EXPECT_EQ(h.count_in(42), 0u);
  EXPECT_EQ(h.min(), 0u);
}

}  // namespace
}  // namespace probe
