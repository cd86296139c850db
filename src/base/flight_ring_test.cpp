// SPDX-License-Identifier: Apache-2.0
#include "base/flight_ring.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace takt {
namespace {

/// Torn when the two differ.
struct Pair {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

TEST(FlightRing, IsEmptyAtFirst) {
  const FlightRing<Pair, 8> ring;
  EXPECT_TRUE(ring.copy().empty());
}

TEST(FlightRing, GivesWhatWasPutOldestFirst) {
  FlightRing<Pair, 8> ring;
  for (std::uint64_t n = 0; n < 3; ++n) ring.put({n, n});
  const auto records = ring.copy();
  ASSERT_EQ(records.size(), 3u);
  EXPECT_EQ(records.front().first, 0u);
  EXPECT_EQ(records.back().first, 2u);
}

TEST(FlightRing, ForgetsTheOldest) {
  FlightRing<Pair, 8> ring;
  for (std::uint64_t n = 0; n < 100; ++n) ring.put({n, n});
  const auto records = ring.copy();
  ASSERT_EQ(records.size(), 7u);
  EXPECT_EQ(records.front().first, 93u);
  EXPECT_EQ(records.back().first, 99u);
  EXPECT_EQ(ring.count(), 100u);
}

TEST(FlightRing, AReaderBesideTheWriterNeverSeesATornRecord) {
  FlightRing<Pair, 64> ring;
  std::atomic<bool> stop = false;
  std::jthread writer{[&] {
    for (std::uint64_t n = 0; !stop.load(std::memory_order_relaxed); ++n) ring.put({n, n});
  }};
  while (ring.count() < 1000) std::this_thread::yield();
  std::size_t seen = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto records = ring.copy();
    for (std::size_t n = 0; n < records.size(); ++n) {
      ASSERT_EQ(records[n].first, records[n].second);
      if (n == 0) continue;
      ASSERT_EQ(records[n].first, records[n - 1].first + 1);
    }
    seen += records.size();
  }
  stop = true;
  EXPECT_GT(seen, 0u);
}

}  // namespace
}  // namespace takt
