// SPDX-License-Identifier: Apache-2.0
#include "host/rate_limit.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t second = 1000 * ms;

/// How many operations are taken from `from_ns` on in `for_ns`, by one who tries all the time.
int taken(RateLimit& limit, std::int64_t from_ns, std::int64_t for_ns, std::uint64_t bytes = 512) {
  int count = 0;
  for (std::int64_t now = from_ns; now < from_ns + for_ns;) {
    const auto later = limit.take(now, bytes);
    if (!later) ++count;
    now = later.value_or(now);
  }
  return count;
}

TEST(RateLimit, WithoutALimitAllIsTaken) {
  RateLimit limit{{}};
  EXPECT_FALSE(limit.take(0, 1'000'000));
  EXPECT_FALSE(limit.take(0, ~0ULL));
}

TEST(RateLimit, OverALongTimeTheRateIsKept) {
  RateLimit limit{{.ops_per_s = 1000}};
  taken(limit, second, second);  // spends the burst
  EXPECT_EQ(taken(limit, 2 * second, 10 * second), 10'000);
}

TEST(RateLimit, WhatWasNotUsedIsMadeUpForButForNoLongerThanTheBurst) {
  RateLimit limit{{.ops_per_s = 1000, .burst_ns = 100 * ms}};
  EXPECT_EQ(taken(limit, 5 * second, 1), 101);
  EXPECT_EQ(taken(limit, 5 * second + 50 * ms, 1), 50);
  EXPECT_EQ(taken(limit, 500 * second, 1), 101);
}

TEST(RateLimit, TheTimeThatItNamesIsTheFirstAtWhichItGoesOn) {
  RateLimit limit{{.ops_per_s = 1000, .burst_ns = 0}};
  EXPECT_FALSE(limit.take(second, 1));
  EXPECT_EQ(limit.take(second, 1), second + ms);
  EXPECT_EQ(limit.take(second + ms - 1, 1), second + ms);
  EXPECT_FALSE(limit.take(second + ms, 1));
}

TEST(RateLimit, BytesCountAsTheyAre) {
  RateLimit limit{{.bytes_per_s = 1'000'000, .burst_ns = 0}};
  EXPECT_EQ(taken(limit, second, second, 10'000), 100);
}

TEST(RateLimit, AnOperationLargerThanTheBurstIsTakenAndPaidForAfterwards) {
  RateLimit limit{{.bytes_per_s = 1'000'000, .burst_ns = ms}};
  EXPECT_FALSE(limit.take(second, 2'000'000));
  EXPECT_EQ(limit.take(second, 1), 3 * second - ms);
}

TEST(RateLimit, TheNarrowerOfBothLimitsHolds) {
  RateLimit limit{{.ops_per_s = 10, .bytes_per_s = 1'000'000, .burst_ns = 0}};
  EXPECT_EQ(taken(limit, second, second, 512), 10);
  RateLimit other{{.ops_per_s = 1000, .bytes_per_s = 1'000'000, .burst_ns = 0}};
  EXPECT_EQ(taken(other, second, second, 100'000), 10);
}

TEST(RateLimit, NoSizeIsTooLargeToCount) {
  RateLimit limit{{.bytes_per_s = 1, .burst_ns = 0}};
  EXPECT_FALSE(limit.take(second, ~0ULL));
  EXPECT_EQ(limit.take(second, 1), 3601 * second);
}

}  // namespace
}  // namespace takt
