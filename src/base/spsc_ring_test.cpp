// SPDX-License-Identifier: Apache-2.0
#include "base/spsc_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace takt {
namespace {

TEST(SpscRing, KeepsOrder) {
  SpscRing<int, 4> ring;
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_EQ(ring.pop(), 2);
  EXPECT_EQ(ring.pop(), std::nullopt);
}

TEST(SpscRing, HoldsItsWholeCapacityAndRefusesMore) {
  SpscRing<int, 2> ring;
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  EXPECT_EQ(ring.size(), 2u);
  EXPECT_EQ(ring.pop(), 1);
  EXPECT_TRUE(ring.push(4));
}

TEST(SpscRing, ATwoThreadStreamArrivesWholeAndInOrder) {
  constexpr int n = 20000;
  SpscRing<int, 64> ring;
  std::thread producer{[&] {
    for (int i = 0; i < n; ++i)
      while (!ring.push(i)) std::this_thread::yield();
  }};
  int wrong = 0;
  for (int i = 0; i < n; ++i) {
    auto value = ring.pop();
    for (; !value; value = ring.pop()) std::this_thread::yield();
    wrong += *value != i;
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace takt
