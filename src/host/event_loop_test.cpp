// SPDX-License-Identifier: Apache-2.0
#include "host/event_loop.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <thread>
#include <utility>

#include "record/thread_recorder.h"

namespace takt {
namespace {

/// Counts what it is told to do.
class Counter : public Work {
 public:
  explicit Counter(Bell& bell) : bell_{bell} {}
  void order(int pieces) {
    ordered_ += pieces;
    bell_.ring();
  }
  Worked work() RT override {
    if (done == ordered_) return Worked::nothing;
    return ++done == ordered_ ? Worked::all : Worked::some;
  }
  void wait_for(int pieces) const {
    while (done < pieces) std::this_thread::yield();
  }

  std::atomic<int> done = 0;

 private:
  Bell& bell_;
  std::atomic<int> ordered_ = 0;
};

struct OneLoop {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::unique_ptr<ThreadRecorder> recorder = std::make_unique<ThreadRecorder>(2);
  std::thread thread;
  void start() {
    thread = std::thread{[this] {
      const ThreadRecorder::Scope scope{*recorder};
      loop->begin();
      loop->run();
    }};
  }
  void stop() {
    loop->stop();
    thread.join();
  }
};

TEST(EventLoop, DoesWhatItsBellIsRungFor) {
  OneLoop t;
  Counter counter{*t.loop};
  t.loop->add(counter);
  t.start();
  for (int n = 1; n <= 200; ++n) {
    counter.order(1);
    counter.wait_for(n);
  }
  t.stop();
  EXPECT_EQ(counter.done, 200);
}

TEST(EventLoop, WorkWithMuchToDoDoesNotKeepOthersWaiting) {
  OneLoop t;
  Counter busy{*t.loop};
  Counter other{*t.loop};
  t.loop->add(busy);
  t.loop->add(other);
  busy.order(1'000'000'000);
  other.order(1);
  t.start();
  other.wait_for(1);
  EXPECT_LT(busy.done, 1'000'000'000);
  busy.done = 999'999'999;
  t.stop();
}

TEST(EventLoop, WorkThatIsThereWhenItIsStoppedIsDone) {
  OneLoop t;
  Counter counter{*t.loop};
  t.loop->add(counter);
  counter.order(1000);
  t.loop->stop();
  t.start();
  t.thread.join();
  EXPECT_EQ(counter.done, 1000);
}

/// Brings work to another and stops the loop at once, as the last vCPU does.
class LastWord : public Work {
 public:
  LastWord(EventLoop& loop, Counter& counter) : loop_{loop}, counter_{counter} {}
  Worked work() RT override {
    if (std::exchange(said_, true)) return Worked::nothing;
    counter_.order(1);
    loop_.stop();
    return Worked::all;
  }

 private:
  EventLoop& loop_;
  Counter& counter_;
  bool said_ = false;
};

TEST(EventLoop, WorkThatComesInTheTurnInWhichItIsStoppedIsDone) {
  OneLoop t;
  Counter counter{*t.loop};
  LastWord last{*t.loop, counter};
  t.loop->add(counter);  // has had its turn when the other one speaks
  t.loop->add(last);
  t.start();
  t.thread.join();
  EXPECT_EQ(counter.done, 1);
}

struct Pipe {
  Pipe() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe(ends.data()), 0);
    out = Fd{ends[0]};
    in = Fd{ends[1]};
  }
  void put() const { EXPECT_EQ(::write(in.raw(), "x", 1), 1); }
  void take() const {
    char byte = 0;
    EXPECT_EQ(::read(out.raw(), &byte, 1), 1);
  }
  Fd out, in;
};

TEST(EventLoop, ADescriptorThatIsReadyCallsItsHandlerAndIsRecorded) {
  OneLoop t;
  Pipe pipe;
  std::atomic<int> called = 0;
  ASSERT_TRUE(t.loop->watch(pipe.out.raw(), EPOLLIN, DeviceId{2}, [&](std::uint32_t) {
    pipe.take();
    ++called;
  }));
  t.start();
  pipe.put();
  while (called == 0) std::this_thread::yield();
  t.stop();
  EXPECT_EQ(t.recorder->of(DeviceId{2}).samples(), 1u);
}

TEST(EventLoop, EachSignalOfAnEventfdThatNobodyReadsIsReportedOnce) {
  OneLoop t;
  const Fd event = *make_eventfd();
  std::atomic<int> called = 0;
  ASSERT_TRUE(
      t.loop->watch(event.raw(), EventLoop::rung_eventfd, {}, [&](std::uint32_t) { ++called; }));
  t.start();
  for (int n = 1; n <= 200; ++n) {
    signal_eventfd(event);
    while (called < n) std::this_thread::yield();
  }
  t.stop();
  EXPECT_EQ(called, 200);
}

TEST(EventLoop, ADescriptorFromWhichNothingIsWantedIsLeftAlone) {
  OneLoop t;
  Pipe pipe;
  int called = 0;
  const auto watch = t.loop->watch(pipe.out.raw(), 0, {}, [&](std::uint32_t) { ++called; });
  ASSERT_TRUE(watch);
  Fd{std::move(pipe.in)};  // a hang-up is reported uninvited to those who watch
  t.start();
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  t.stop();
  EXPECT_EQ(called, 0);
}

/// More than one look at epoll brings, all of them ready for ever.
TEST(EventLoop, DescriptorsThatAreAlwaysReadyKeepNeitherEachOtherNorWorkWaiting) {
  OneLoop t;
  Counter counter{*t.loop};
  t.loop->add(counter);
  std::array<Pipe, 50> pipes;
  std::array<std::atomic<int>, 50> called{};
  for (std::size_t n = 0; n < pipes.size(); ++n) {
    pipes[n].put();
    ASSERT_TRUE(
        t.loop->watch(pipes[n].out.raw(), EPOLLIN, {}, [&called, n](auto) { ++called[n]; }));
  }
  t.start();
  counter.order(3);
  counter.wait_for(3);
  const auto all = [&] { return std::ranges::all_of(called, [](const auto& n) { return n > 2; }); };
  while (!all()) std::this_thread::yield();
  t.stop();
  const auto [least, most] = std::ranges::minmax_element(called);
  EXPECT_LE(*most, *least + 1);
}

TEST(EventLoop, WorkWithMuchToDoKeepsNoDescriptorWaiting) {
  OneLoop t;
  Pipe pipe;
  std::atomic<int> called = 0;
  Counter busy{*t.loop};
  t.loop->add(busy);
  ASSERT_TRUE(t.loop->watch(pipe.out.raw(), EPOLLIN, {}, [&](std::uint32_t) {
    pipe.take();
    ++called;
  }));
  busy.order(1'000'000'000);
  t.start();
  pipe.put();
  while (called == 0) std::this_thread::yield();
  EXPECT_LT(busy.done, 1'000'000'000);
  busy.done = 999'999'999;
  t.stop();
}

TEST(EventLoop, WhatEpollCannotWatchIsRefused) {
  const auto loop = *EventLoop::create();
  const auto file = open_file("/proc/self/exe", 0);
  ASSERT_TRUE(file);
  EXPECT_FALSE(loop->watch(file->raw(), EPOLLIN, {}, [](std::uint32_t) {}));
}

TEST(EventLoop, AReservedWatchTakesOneDescriptorAfterTheOther) {
  const auto loop = *EventLoop::create();
  loop->stop();  // so that run() looks at what is ready, once
  int called = 0;
  EventLoop::Watch* watch = loop->reserve({}, [&](std::uint32_t) { ++called; });
  loop->run();
  EXPECT_EQ(called, 0);
  Pipe first, second;
  first.put();
  EXPECT_TRUE(watch->set_fd(first.out.raw(), EPOLLIN));
  loop->run();
  EXPECT_EQ(called, 1);
  EXPECT_TRUE(watch->set_fd(second.out.raw(), EPOLLIN));
  loop->run();
  EXPECT_EQ(called, 1) << "the first one is ready and not watched any more";
  second.put();
  loop->run();
  EXPECT_EQ(called, 2);
  EXPECT_TRUE(watch->set_fd(-1, 0));
  loop->run();
  EXPECT_EQ(called, 2);
}

TEST(EventLoop, AReservedWatchSaysWhenItsDescriptorIsNotTaken) {
  const auto loop = *EventLoop::create();
  EventLoop::Watch* watch = loop->reserve({}, [](std::uint32_t) {});
  const auto file = open_file("/proc/self/exe", 0);
  ASSERT_TRUE(file);
  EXPECT_FALSE(watch->set_fd(file->raw(), EPOLLIN));
}

TEST(EventLoop, AWatchMayBeGivenADescriptorByAHandlerWhileTheLoopRuns) {
  OneLoop t;
  Pipe listener, stream;
  std::atomic<int> called = 0;
  EventLoop::Watch* watch = t.loop->reserve({}, [&](std::uint32_t) {
    stream.take();
    ++called;
  });
  ASSERT_TRUE(t.loop->watch(listener.out.raw(), EPOLLIN, {}, [&](std::uint32_t) {
    listener.take();
    static_cast<void>(watch->set_fd(stream.out.raw(), EPOLLIN));
  }));
  t.start();
  stream.put();
  listener.put();
  while (called == 0) std::this_thread::yield();
  t.stop();
}

TEST(EventLoop, ALoopThatPollsIsNotWokenForWhatComesSoonAfter) {
  OneLoop t;
  Counter counter{*t.loop};
  t.loop->add(counter);
  t.loop->poll_for(2'000'000'000);
  t.start();
  counter.order(1);  // this one may have to wake it
  counter.wait_for(1);
  const std::uint64_t wakes = t.recorder->of(RecordKind::wake).samples();
  for (int n = 2; n <= 100; ++n) {
    counter.order(1);
    counter.wait_for(n);
  }
  EXPECT_LE(t.recorder->of(RecordKind::wake).samples(), wakes + 1);
  t.stop();
}

TEST(EventLoop, TheTimeFromTheBellToTheServersFirstInstructionIsRecorded) {
  OneLoop t;
  Counter counter{*t.loop};
  t.loop->add(counter);
  t.start();
  while (t.recorder->of(RecordKind::wake).samples() == 0) {
    counter.order(1);
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  t.stop();
  EXPECT_GT(t.recorder->of(RecordKind::wake).max, 0u);
}

}  // namespace
}  // namespace takt
