// SPDX-License-Identifier: Apache-2.0
#include "base/hand_over.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <chrono>
#include <thread>

namespace takt {
namespace {

/// A server that squares numbers, one at a time.
struct Squares {
  HandOver hand_over;
  std::atomic<int> asked = 0;  // 0: nothing
  int answer = 0;              // no atomic: the hand-over makes it visible
  std::atomic<bool> begun = false;

  void serve(int times) {
    hand_over.begin();
    begun = true;
    for (int n = 0; n < times; ++n) {
      int value = 0;
      while ((value = asked.exchange(0)) == 0) std::this_thread::yield();
      hand_over.take();
      answer = value * value;
      hand_over.done();
    }
  }
  int ask(int value) {
    while (!begun) std::this_thread::yield();
    asked = value;
    hand_over.wait();
    return answer;
  }
};

TEST(HandOver, EachWaitEndsWithItsOwnAnswer) {
  constexpr int times = 3000;
  Squares squares;
  std::thread server{[&] { squares.serve(times); }};
  int wrong = 0;
  for (int n = 1; n <= times; ++n) wrong += squares.ask(n) != n * n;
  server.join();
  EXPECT_EQ(wrong, 0);
}

TEST(HandOver, AnAnswerThatIsThereAlreadyIsNotWaitedFor) {
  Squares squares;
  std::thread server{[&] { squares.serve(1); }};
  while (!squares.begun) std::this_thread::yield();
  squares.asked = 3;
  server.join();  // answered, and gone
  squares.hand_over.wait();
  EXPECT_EQ(squares.answer, 9);
}

TEST(HandOver, AClientBlocksUntilTheAnswerIsThere) {
  HandOver hand_over;
  std::atomic<bool> over = false;
  hand_over.begin();
  std::thread client{[&] {
    hand_over.wait();
    over = true;
  }};
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  EXPECT_FALSE(over);
  hand_over.take();
  hand_over.done();
  client.join();
  EXPECT_TRUE(over);
}

}  // namespace
}  // namespace takt
