// SPDX-License-Identifier: Apache-2.0
#include "base/hand_over.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>

#include "base/thread.h"

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

/// proc_pid_stat(5), field 18: for a real-time thread the negated priority minus one, inherited or
/// not.
long kernel_priority(pid_t tid) {
  std::ifstream stat{fmt::format("/proc/self/task/{}/stat", tid)};
  std::string text;
  std::getline(stat, text);
  std::istringstream fields{text.substr(text.rfind(')') + 2)};
  std::string field;
  for (int n = 3; n <= 18; ++n) fields >> field;
  return std::stol(field);
}

TEST(HandOver, AServerRunsAtThePriorityOfTheClientThatWaitsForIt) {
  HandOver hand_over;
  hand_over.begin();
  const pid_t server = current_tid();
  ASSERT_GE(kernel_priority(server), 0);
  std::atomic<bool> refused = false;
  std::thread client{[&] {
    refused = !place_thread(0, {.policy = Policy::fifo, .priority = 33});
    hand_over.wait();
  }};
  long lent = 0;
  for (int n = 0; n < 1000 && !refused && lent != -34; ++n) {
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
    lent = kernel_priority(server);
  }
  hand_over.take();
  hand_over.done();
  client.join();
  if (refused) GTEST_SKIP() << "real-time threads are not granted here";
  EXPECT_EQ(lent, -34);
  EXPECT_GE(kernel_priority(server), 0);
}

}  // namespace
}  // namespace takt
