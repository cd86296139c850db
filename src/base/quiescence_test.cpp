// SPDX-License-Identifier: Apache-2.0
#include "base/quiescence.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>

namespace takt {
namespace {

using std::chrono::milliseconds;

TEST(Quiescence, ReadersThatAreOutsideDelayNobody) {
  Quiescence readers{2};
  readers.wait();
  {
    const Quiescence::Visit visit{readers.reader(0)};
  }
  readers.wait();
}

TEST(Quiescence, WaitsForAReaderThatIsInside) {
  Quiescence readers{2};
  std::atomic<bool> over = false;
  readers.reader(1).enter();
  std::thread waiter{[&] {
    readers.wait();
    over = true;
  }};
  std::this_thread::sleep_for(milliseconds{20});
  EXPECT_FALSE(over);
  readers.reader(1).leave();
  waiter.join();
  EXPECT_TRUE(over);
}

TEST(Quiescence, AReaderThatHasComeBackSinceIsNotWaitedFor) {
  Quiescence readers{1};
  readers.reader(0).enter();
  std::atomic<bool> over = false;
  std::thread waiter{[&] {
    readers.wait();
    over = true;
  }};
  std::this_thread::sleep_for(milliseconds{20});
  readers.reader(0).leave();
  readers.reader(0).enter();
  waiter.join();
  EXPECT_TRUE(over);
}

/// What a reader finds is never freed under it: each value is poisoned after the wait.
TEST(Quiescence, WhatAReaderHasFoundStaysUntilItLeaves) {
  struct Value {
    std::uint64_t good = 1;
  };
  Quiescence readers{1};
  auto value = std::make_unique<Value>();
  std::atomic<const Value*> seen = value.get();
  std::atomic<bool> end = false;
  std::uint64_t bad = 0;
  std::thread reader{[&] {
    while (!end.load()) {
      const Quiescence::Visit visit{readers.reader(0)};
      bad += seen.load(std::memory_order_seq_cst)->good != 1;
    }
  }};
  for (int n = 0; n < 300; ++n) {
    auto next = std::make_unique<Value>();
    seen.store(next.get(), std::memory_order_seq_cst);
    readers.wait();
    value->good = 0;
    value = std::move(next);
  }
  end = true;
  reader.join();
  EXPECT_EQ(bad, 0u);
}

TEST(Quiescence, AMarkHasPassedWhenWhoWasInsideHasLeft) {
  Quiescence readers{2};
  const auto nobody = readers.mark();
  EXPECT_TRUE(readers.has_passed(nobody));
  readers.reader(1).enter();
  const auto mark = readers.mark();
  EXPECT_TRUE(readers.has_passed(nobody));
  EXPECT_FALSE(readers.has_passed(mark));
  readers.reader(0).enter();
  readers.reader(1).leave();
  EXPECT_TRUE(readers.has_passed(mark));
  readers.reader(1).enter();
  EXPECT_TRUE(readers.has_passed(mark));
}

}  // namespace
}  // namespace takt
