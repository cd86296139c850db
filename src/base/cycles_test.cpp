// SPDX-License-Identifier: Apache-2.0
#include "base/cycles.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(Cycles, GoOn) {
  const std::uint64_t before = cycles();
  std::uint64_t after = before;
  for (int i = 0; i < 100'000'000 && after == before; ++i) after = cycles();
  EXPECT_GT(after, before);
}

TEST(CycleRate, TurnsCyclesIntoNanosecondsWithoutOverflow) {
  constexpr CycleRate rate{2'500'000'000};
  EXPECT_EQ(rate.to_ns(5), 2u);
  EXPECT_EQ(rate.to_ns(2'500'000'000), 1'000'000'000u);
  EXPECT_EQ(rate.to_ns(25'000'000'000'000'000), 10'000'000'000'000'000u);
}

TEST(CycleClock, FindsAPlausibleRate) {
  const std::uint64_t hz = CycleClock{}.rate().hz();
  EXPECT_GT(hz, 1'000'000u);
  EXPECT_LT(hz, 10'000'000'000u);
}

TEST(TimeLine, KnowsTheTimeBeforeAndAfterItWasDrawn) {
  constexpr TimeLine line{1000, 5000, CycleRate{2'000'000'000}};
  EXPECT_EQ(line.ns_at(1000), 5000u);
  EXPECT_EQ(line.ns_at(1200), 5100u);
  EXPECT_EQ(line.ns_at(800), 4900u);
}

}  // namespace
}  // namespace takt
