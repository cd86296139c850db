// SPDX-License-Identifier: Apache-2.0
#include "host/alarm_server.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <limits>
#include <thread>

#include "host/system_clock.h"

namespace takt {
namespace {

constexpr std::int64_t ms = 1'000'000;

/// A server with its thread, until the end of the test.
struct ServedAlarm {
  SystemClock clock;
  std::unique_ptr<AlarmServer> alarm = *AlarmServer::create();
  std::atomic<int> calls = 0;
  std::atomic<std::int64_t> called_ns = 0;
  std::thread server{[this] {
    alarm->serve([this] {
      called_ns = clock.realtime_ns();
      ++calls;
    });
  }};

  /// Waits for `n` calls in all, at most a few seconds.
  bool reaches(int n) const {
    for (int i = 0; i < 5000 && calls < n; ++i)
      std::this_thread::sleep_for(std::chrono::milliseconds{1});
    return calls >= n;
  }
  /// Ends the server; returns the calls.
  int end() {
    alarm->stop();
    server.join();
    return calls;
  }
  ~ServedAlarm() {
    if (server.joinable()) end();
  }
};

TEST(AlarmServer, CallsOnceAndNotBeforeTheDeadline) {
  ServedAlarm t;
  const std::int64_t deadline_ns = t.clock.realtime_ns() + 20 * ms;
  t.alarm->arm(deadline_ns);
  ASSERT_TRUE(t.reaches(1));
  EXPECT_GE(t.called_ns, deadline_ns);
  EXPECT_EQ(t.end(), 1);
}

TEST(AlarmServer, ADeadlineInThePastIsDueAtOnce) {
  ServedAlarm t;
  t.alarm->arm(t.clock.realtime_ns() - 1000 * ms);
  EXPECT_TRUE(t.reaches(1));
}

TEST(AlarmServer, TheStartOf1970AndBeforeAreInThePast) {
  ServedAlarm t;
  t.alarm->arm(0);
  EXPECT_TRUE(t.reaches(1));
  t.alarm->arm(-5);
  EXPECT_TRUE(t.reaches(2));
}

TEST(AlarmServer, CanBeArmedAgainByTheCallItself) {
  SystemClock clock;
  const auto alarm = *AlarmServer::create();
  int calls = 0;
  alarm->arm(0);
  alarm->serve([&] { ++calls < 3 ? alarm->arm(clock.realtime_ns() + ms) : alarm->stop(); });
  EXPECT_EQ(calls, 3);
}

TEST(AlarmServer, ANewDeadlineTakesThePlaceOfTheOld) {
  ServedAlarm t;
  t.alarm->arm(std::numeric_limits<std::int64_t>::max());
  t.alarm->arm(t.clock.realtime_ns() + ms);
  ASSERT_TRUE(t.reaches(1));
  EXPECT_EQ(t.end(), 1);
}

TEST(AlarmServer, DisarmedAlarmDoesNotCall) {
  ServedAlarm t;
  t.alarm->arm(t.clock.realtime_ns() + 50 * ms);
  t.alarm->disarm();
  std::this_thread::sleep_for(std::chrono::milliseconds{80});
  EXPECT_EQ(t.end(), 0);
}

TEST(AlarmServer, StopEndsAServerThatSleepsAndOneThatStartsLater) {
  ServedAlarm t;
  EXPECT_EQ(t.end(), 0);
  t.alarm->arm(0);
  t.alarm->serve([&] { ++t.calls; });
  EXPECT_EQ(t.calls, 0);
}

}  // namespace
}  // namespace takt
