// SPDX-License-Identifier: Apache-2.0
#include "vm/vcpu_mailbox.h"

#include <gtest/gtest.h>

#include <thread>

namespace takt {
namespace {

using namespace std::chrono_literals;

/// The part of a vCPU's loop that matters here. The flag stands for immediate_exit.
struct Loop {
  VcpuMailbox mailbox;
  std::atomic<bool> interrupt = false;
  std::atomic<bool> end = false;
  std::atomic<std::uint64_t> turns = 0;
  std::thread thread;

  void run() {
    thread = std::thread{[this] {
      while (!end) {
        if (interrupt) attend();
        ++turns;
      }
      mailbox.leave();
    }};
  }
  void attend() {
    do {
      mailbox.park();
      interrupt.exchange(false);
    } while (mailbox.is_asked());
  }
  void pause() {
    mailbox.ask();
    interrupt.exchange(true);
  }
  void stop() {
    end = true;
    interrupt.exchange(true);
    mailbox.release();
    if (thread.joinable()) thread.join();
  }
  ~Loop() { stop(); }
};

TEST(VcpuMailbox, AnAskedThreadParksAndDoesNothingUntilReleased) {
  Loop loop;
  loop.run();
  loop.pause();
  ASSERT_TRUE(loop.mailbox.wait_parked(10s));
  const auto turns = loop.turns.load();
  std::this_thread::sleep_for(5ms);
  EXPECT_EQ(loop.turns, turns);
  loop.mailbox.release();
  while (loop.turns == turns) std::this_thread::yield();
}

TEST(VcpuMailbox, PausesInARowAreNeverLost) {
  Loop loop;
  loop.run();
  for (int i = 0; i < 2000; ++i) {
    loop.pause();
    ASSERT_TRUE(loop.mailbox.wait_parked(10s)) << i;
    loop.mailbox.release();
  }
}

TEST(VcpuMailbox, AReleaseBeforeTheThreadHasParkedLetsItGoOn) {
  VcpuMailbox mailbox;
  mailbox.ask();
  mailbox.release();
  mailbox.park();  // would block
  EXPECT_FALSE(mailbox.is_asked());
}

TEST(VcpuMailbox, AThreadThatHasLeftNeedNotBeWaitedFor) {
  VcpuMailbox mailbox;
  mailbox.leave();
  mailbox.ask();
  EXPECT_TRUE(mailbox.wait_parked(0ms));
  EXPECT_FALSE(mailbox.is_asked());
  mailbox.release();
  EXPECT_TRUE(mailbox.wait_parked(0ms));
}

TEST(VcpuMailbox, WaitingForAThreadThatDoesNotParkEnds) {
  VcpuMailbox mailbox;
  mailbox.ask();
  EXPECT_FALSE(mailbox.wait_parked(5ms));
}

TEST(VcpuMailbox, AParkedThreadCanBeStopped) {
  Loop loop;
  loop.run();
  loop.pause();
  ASSERT_TRUE(loop.mailbox.wait_parked(10s));
  loop.stop();
  EXPECT_TRUE(loop.mailbox.wait_parked(0ms));
}

TEST(VcpuMailbox, AStopWhileAPauseIsUnderWayEndsTheThread) {
  for (int i = 0; i < 200; ++i) {
    Loop loop;
    loop.run();
    std::thread asks{[&] {
      loop.pause();
      EXPECT_TRUE(loop.mailbox.wait_parked(10s));
    }};
    loop.end = true;
    loop.interrupt.exchange(true);
    asks.join();
  }
}

}  // namespace
}  // namespace takt
