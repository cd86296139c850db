// SPDX-License-Identifier: Apache-2.0
#include "host/timer_alarm.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "host/system_clock.h"

namespace takt {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// An alarm on a loop with its thread, until the end of the test.
struct ServedAlarm {
  SystemClock clock;
  std::unique_ptr<TimerAlarm> alarm = *TimerAlarm::on_wall_clock();
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::atomic<int> calls = 0;
  std::atomic<std::int64_t> called_ns = 0;
  std::thread server{[this] {
    EXPECT_TRUE(alarm->watch_by(*loop, {}, [this] {
      called_ns = clock.realtime_ns();
      ++calls;
    }));
    loop->run();
  }};

  /// Waits for `n` calls in all, at most a few seconds.
  bool reaches(int n) const {
    for (int i = 0; i < 5000 && calls < n; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return calls >= n;
  }
  /// Ends the server; returns the calls.
  int end() {
    loop->stop();
    server.join();
    return calls;
  }
  ~ServedAlarm() {
    if (server.joinable()) end();
  }
};

TEST(TimerAlarm, CallsOnceAndNotBeforeTheDeadline) {
  ServedAlarm t;
  const std::int64_t deadline_ns = t.clock.realtime_ns() + 20 * ms;
  t.alarm->arm(deadline_ns);
  ASSERT_TRUE(t.reaches(1));
  EXPECT_GE(t.called_ns, deadline_ns);
  EXPECT_EQ(t.end(), 1);
}

TEST(TimerAlarm, ADeadlineInThePastIsDueAtOnce) {
  ServedAlarm t;
  t.alarm->arm(t.clock.realtime_ns() - 1000 * ms);
  EXPECT_TRUE(t.reaches(1));
}

TEST(TimerAlarm, TheStartOf1970AndBeforeAreInThePast) {
  ServedAlarm t;
  t.alarm->arm(0);
  EXPECT_TRUE(t.reaches(1));
  t.alarm->arm(-5);
  EXPECT_TRUE(t.reaches(2));
}

TEST(TimerAlarm, CanBeArmedAgainByTheCallItself) {
  SystemClock clock;
  const auto alarm = *TimerAlarm::on_wall_clock();
  const auto loop = *EventLoop::create();
  int calls = 0;
  alarm->arm(0);
  ASSERT_TRUE(alarm->watch_by(
      *loop, {}, [&] { ++calls < 3 ? alarm->arm(clock.realtime_ns() + ms) : loop->stop(); }));
  loop->run();
  EXPECT_EQ(calls, 3);
}

TEST(TimerAlarm, ANewDeadlineTakesThePlaceOfTheOld) {
  ServedAlarm t;
  t.alarm->arm(std::numeric_limits<std::int64_t>::max());
  t.alarm->arm(t.clock.realtime_ns() + ms);
  ASSERT_TRUE(t.reaches(1));
  EXPECT_EQ(t.end(), 1);
}

TEST(TimerAlarm, DisarmedAlarmDoesNotCall) {
  ServedAlarm t;
  t.alarm->arm(t.clock.realtime_ns() + 50 * ms);
  t.alarm->disarm();
  std::this_thread::sleep_for(std::chrono::milliseconds{80});
  EXPECT_EQ(t.end(), 0);
}

TEST(TimerAlarm, TwoAlarmsOnOneLoopCallEachItsOwn) {
  ServedAlarm t;
  EXPECT_EQ(t.end(), 0);
  const auto other = *TimerAlarm::on_wall_clock();
  const auto loop = *EventLoop::create();
  int calls = 0;
  ASSERT_TRUE(t.alarm->watch_by(*loop, {}, [&] { ++t.calls; }));
  ASSERT_TRUE(other->watch_by(*loop, {}, [&] {
    ++calls;
    loop->stop();
  }));
  other->arm(0);
  loop->run();
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(t.calls, 0);
}

TEST(TimerAlarm, StopEndsALoopThatWaitsForAnAlarmAndOneThatStartsLater) {
  ServedAlarm t;
  t.alarm->arm(std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(t.end(), 0);
  t.loop->run();
  EXPECT_EQ(t.calls, 0);
}

TEST(TimerAlarm, OnASteadyClockDeadlinesAreThatClocks) {
  SteadyClock clock;
  const auto alarm = *TimerAlarm::on_steady_clock(clock);
  const auto loop = *EventLoop::create();
  const std::int64_t deadline_ns = clock.realtime_ns() + 5 * ms;
  std::int64_t called_ns = 0;
  ASSERT_TRUE(alarm->watch_by(*loop, {}, [&] {
    called_ns = clock.realtime_ns();
    loop->stop();
  }));
  alarm->arm(deadline_ns);
  loop->run();
  EXPECT_GE(called_ns, deadline_ns);
  EXPECT_LT(called_ns, deadline_ns + 5000 * ms);
}

}  // namespace
}  // namespace takt
