// SPDX-License-Identifier: Apache-2.0
// What the guards end the program at. Death tests: each runs its statement in a process of its own.
#include "base/rt_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>

#include "base/fd.h"
#include "base/pi_mutex.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/thread.h"

namespace takt {
namespace {

class RtGuardDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (rt::guard == rt::Guard::absent) GTEST_SKIP() << "sanitizers take the guard's place";
    if (rt::guard == rt::Guard::counts) GTEST_SKIP() << "this build counts";
  }

  /// Where `bad` is run in a section, the program ends and its line names `call` and what it is.
  template <class Bad>
  static void expect_end(Bad bad, const std::string& call) {
    const auto in_section = [&] {
      const rt::Section section;
      bad();
    };
    const std::string line = "real-time guard: " + call + " in a real-time section, thread ";
    EXPECT_EXIT(in_section(), testing::KilledBySignal(SIGABRT), line);
  }

  const int nothing_ = -1;  // a descriptor that nobody has
};

TEST_F(RtGuardDeathTest, OperatorNewAllocates) {
  expect_end([] { ::operator delete(::operator new(8)); }, "malloc .heap.");
}

TEST_F(RtGuardDeathTest, OperatorDeleteFrees) {
  void* const block = ::operator new(8);
  expect_end([block] { ::operator delete(block); }, "free .heap.");
  ::operator delete(block);
}

TEST_F(RtGuardDeathTest, AnOverAlignedNewAllocates) {
  expect_end([] { ::operator delete(::operator new(64, std::align_val_t{64})); },
             "aligned_alloc .heap.");
}

TEST_F(RtGuardDeathTest, MallocAndItsKin) {
  void* volatile block = std::malloc(8);
  void* volatile sink = nullptr;
  expect_end([&] { sink = std::malloc(8); }, "malloc .heap.");
  expect_end([&] { sink = std::calloc(2, 8); }, "calloc .heap.");
  expect_end([&] { sink = std::realloc(block, 800); }, "realloc .heap.");
  expect_end([&] { std::free(block); }, "free .heap.");
  std::free(block);
}

TEST_F(RtGuardDeathTest, AStringThatGrows) {
  expect_end([] { std::string(100, 'x').append("y"); }, "malloc .heap.");
}

TEST_F(RtGuardDeathTest, AMutexIsNotALockForRealTime) {
  std::mutex mutex;
  expect_end([&] { mutex.lock(); }, "pthread_mutex_lock .lock.");
  expect_end([&] { (void)mutex.try_lock(); }, "pthread_mutex_trylock .lock.");
}

TEST_F(RtGuardDeathTest, ASharedMutexNeither) {
  std::shared_mutex mutex;
  expect_end([&] { mutex.lock_shared(); }, "pthread_rwlock_rdlock .lock.");
  expect_end([&] { mutex.lock(); }, "pthread_rwlock_wrlock .lock.");
}

TEST_F(RtGuardDeathTest, AConditionVariable) {
  std::condition_variable condition;
  std::mutex mutex;
  std::unique_lock lock{mutex};
  expect_end([&] { condition.wait(lock); }, "pthread_cond_wait .lock.");
  expect_end([&] { condition.notify_one(); }, "pthread_cond_signal .lock.");
}

TEST_F(RtGuardDeathTest, FilesAndStreams) {
  char byte = 0;
  expect_end([] { (void)::open("/dev/null", O_RDONLY | O_CLOEXEC); }, "open .blocking call.");
  expect_end([&] { (void)!::read(nothing_, &byte, 1); }, "read .blocking call.");
  expect_end([&] { (void)!::write(nothing_, &byte, 1); }, "write .blocking call.");
  expect_end([&] { ::fsync(nothing_); }, "fsync .blocking call.");
  expect_end([] { say("hello"); }, "fwrite .blocking call.");
}

TEST_F(RtGuardDeathTest, Waiting) {
  pollfd none{.fd = -1, .events = 0, .revents = 0};
  const timespec now{};
  expect_end([&] { ::poll(&none, 1, 0); }, "poll .blocking call.");
  expect_end([&] { ::nanosleep(&now, nullptr); }, "nanosleep .blocking call.");
  expect_end([] { ::usleep(1); }, "usleep .blocking call.");
  expect_end([] { std::this_thread::sleep_for(std::chrono::nanoseconds{1}); },
             "(clock_)?nanosleep .blocking call.");
}

TEST_F(RtGuardDeathTest, MappingAndUnmapping) {
  expect_end([&] { ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); },
             "mmap .address space.");
  expect_end([] { ::munmap(nullptr, 4096); }, "munmap .address space.");
  expect_end([] { ::mprotect(nullptr, 4096, PROT_READ); }, "mprotect .address space.");
  expect_end([] { ::madvise(nullptr, 4096, MADV_DONTNEED); }, "madvise .address space.");
  expect_end([] { ::sbrk(4096); }, "sbrk .address space.");
}

TEST_F(RtGuardDeathTest, StartingAThread) {
  const auto start = [] {
    pthread_t thread{};
    pthread_create(&thread, nullptr, [](void*) -> void* { return nullptr; }, nullptr);
  };
  expect_end(start, "pthread_create .address space.");
}

TEST_F(RtGuardDeathTest, TheLineNamesTheThreadAndAStackTraceFollows) {
  const auto in_thread = [] {
    auto thread = Thread::start("takt calls it later", [] {
      pthread_setname_np(pthread_self(), "vcpu7");
      const rt::Section section;
      ::usleep(1);
    });
  };
  EXPECT_DEATH(in_thread(), "thread vcpu7\n(.*\n)*.*base_test\\(usleep\\+0x");
}

TEST_F(RtGuardDeathTest, WhatFollowsAHoleIsStillInTheSection) {
  const auto bad = [] {
    {
      const rt::Allowed hole;
    }
    ::usleep(1);
  };
  expect_end(bad, "usleep .blocking call.");
}

// No death tests: these pass.

TEST(RtGuard, APiMutexPasses) {
  PiMutex mutex;
  const rt::Section section;
  const PiLock lock{mutex};
}

TEST(RtGuard, APiMutexThatIsWaitedForPasses) {
  PiMutex mutex;
  std::atomic<bool> waiting = false;
  mutex.lock();
  std::thread waiter{[&] {
    const rt::Section section;
    waiting = true;
    const PiLock lock{mutex};
  }};
  while (!waiting) std::this_thread::yield();
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  mutex.unlock();
  waiter.join();
}

TEST(RtGuard, EventfdsAndTimersPass) {
  const Fd event = std::move(*make_eventfd());
  const Fd timer{::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)};
  const itimerspec never{};
  const rt::Section section;
  signal_eventfd(event);
  signal_eventfd(event);
  EXPECT_TRUE(drain_eventfd(event));
  EXPECT_EQ(::timerfd_settime(timer.raw(), 0, &never, nullptr), 0);
}

TEST(RtGuard, EverythingPassesInAHoleAndOutside) {
  const rt::Section section;
  const rt::Allowed hole;
  std::mutex mutex;
  const std::lock_guard lock{mutex};
  std::thread{[] { ::usleep(1); }}.join();
}

}  // namespace
}  // namespace takt
