// SPDX-License-Identifier: Apache-2.0
#include "base/slot_ring.h"

#include <gtest/gtest.h>

#include <thread>

namespace takt {
namespace {

int take(auto& ring) {
  const int* oldest = ring.front();
  if (oldest == nullptr) return -1;
  const int value = *oldest;
  ring.drop_front();
  return value;
}

TEST(SlotRing, KeepsOrderOverManyRounds) {
  SlotRing<int, 4> ring;
  for (int n = 0; n < 100; n += 3) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring.push(n + i));
    for (int i = 0; i < 3; ++i) EXPECT_EQ(take(ring), n + i);
    EXPECT_EQ(take(ring), -1);
  }
}

TEST(SlotRing, HoldsItsWholeCapacityAndRefusesMore) {
  SlotRing<int, 2> ring;
  EXPECT_TRUE(ring.push(1));
  EXPECT_TRUE(ring.push(2));
  EXPECT_FALSE(ring.push(3));
  EXPECT_EQ(ring.depth(), 2u);
  EXPECT_EQ(take(ring), 1);
  EXPECT_TRUE(ring.push(4));
  EXPECT_EQ(ring.depth(), 2u);
  EXPECT_EQ(take(ring), 2);
  EXPECT_EQ(take(ring), 4);
  EXPECT_EQ(ring.depth(), 0u);
}

TEST(SlotRing, DepthSeesWhatCameAfterItWasAskedBefore) {
  SlotRing<int, 8> ring;
  EXPECT_EQ(ring.depth(), 0u);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(ring.push(i));
  EXPECT_EQ(ring.depth(), 3u);
  for (int i = 0; i < 3; ++i) take(ring);
  EXPECT_TRUE(ring.push(7));
  EXPECT_EQ(ring.depth(), 1u);
}

TEST(SlotRing, ATwoThreadStreamArrivesWholeAndInOrder) {
  constexpr int n = 20000;
  SlotRing<int, 64> ring;
  std::thread producer{[&] {
    for (int i = 0; i < n; ++i)
      while (!ring.push(i)) std::this_thread::yield();
  }};
  int wrong = 0;
  for (int i = 0; i < n; ++i) {
    while (ring.front() == nullptr) std::this_thread::yield();
    wrong += ring.depth() == 0;
    wrong += take(ring) != i;
  }
  producer.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace takt
