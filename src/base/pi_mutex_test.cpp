// SPDX-License-Identifier: Apache-2.0
#include "base/pi_mutex.h"

#include <gtest/gtest.h>

#include <thread>

namespace takt {
namespace {

TEST(PiMutex, ExcludesOtherThreads) {
  PiMutex mutex;
  long sum = 0;  // not atomic: the lock is what protects it
  const auto add = [&] {
    for (int i = 0; i < 20000; ++i) {
      const PiLock lock{mutex};
      ++sum;
    }
  };
  std::thread other{add};
  add();
  other.join();
  EXPECT_EQ(sum, 40000);
}

TEST(PiMutex, AWaiterGetsItWhenItIsReleased) {
  PiMutex mutex;
  std::atomic<bool> entered = false;
  mutex.lock();
  std::thread waiter{[&] {
    const PiLock lock{mutex};
    entered = true;
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_FALSE(entered);
  mutex.unlock();
  waiter.join();
  EXPECT_TRUE(entered);
}

}  // namespace
}  // namespace takt
