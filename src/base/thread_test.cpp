// SPDX-License-Identifier: Apache-2.0
#include "base/thread.h"

#include <gtest/gtest.h>
#include <sys/prctl.h>

#include <csignal>

#include "base/fd.h"

namespace takt {
namespace {

/// A thread that waits until it is told to end, so that it can be looked at.
struct Parked {
  std::atomic<bool> end = false;
  Result<Thread> thread = Thread::start("parked", [this] { end.wait(false); });
  ~Parked() {
    end = true;
    end.notify_all();
  }
};

TEST(Thread, HasItsNameAndATidOfItsOwn) {
  Parked parked;
  ASSERT_TRUE(parked.thread);
  EXPECT_NE(parked.thread->tid(), current_tid());
  const auto effective = effective_thread(parked.thread->tid());
  ASSERT_TRUE(effective);
  EXPECT_EQ(effective->name, "parked");
  EXPECT_EQ(effective->policy, "other");
}

TEST(Thread, BlocksAllSignals) {
  sigset_t mask;
  sigemptyset(&mask);
  auto thread = Thread::start("mask", [&] { pthread_sigmask(SIG_SETMASK, nullptr, &mask); });
  ASSERT_TRUE(thread);
  thread->join();
  EXPECT_TRUE(sigismember(&mask, SIGTERM));
}

TEST(PlaceThread, PinsToACpu) {
  Parked parked;
  const CpuList online = CpuList::online();
  int cpu = 0;
  while (!online.contains(cpu)) ++cpu;
  CpuList one;
  one.add(cpu);
  ASSERT_TRUE(place_thread(parked.thread->tid(), {.cpus = one}));
  EXPECT_EQ(effective_thread(parked.thread->tid())->cpus, one);
}

TEST(PlaceThread, ACpuThatIsNotThereIsAnErrorThatNamesIt) {
  Parked parked;
  CpuList far;
  far.add(CPU_SETSIZE - 1);
  const auto placed = place_thread(parked.thread->tid(), {.cpus = far});
  ASSERT_FALSE(placed);
  EXPECT_NE(placed.error().text.find("cpu 1023"), std::string::npos);
}

TEST(PlaceThread, APriorityIsGrantedOrRefusedWithTheLimitToRaise) {
  Parked parked;
  const auto placed = place_thread(parked.thread->tid(), {.policy = Policy::fifo, .priority = 10});
  if (placed) {
    EXPECT_EQ(effective_thread(parked.thread->tid())->policy, "fifo");
    EXPECT_EQ(effective_thread(parked.thread->tid())->priority, 10);
  } else {
    EXPECT_NE(placed.error().text.find("RLIMIT_RTPRIO"), std::string::npos);
  }
}

TEST(Thread, InheritsTheLeastTimerSlack) {
  Thread setter = Thread::start("setter", [] {
                    ASSERT_TRUE(set_least_timer_slack());
                    int slack_ns = 0;
                    Thread inner = Thread::start("inner", [&] {
                                     slack_ns = ::prctl(PR_GET_TIMERSLACK, 0UL, 0UL, 0UL, 0UL);
                                   }).value();
                    inner.join();
                    EXPECT_EQ(slack_ns, 1);
                  }).value();
  setter.join();
}

}  // namespace
}  // namespace takt
