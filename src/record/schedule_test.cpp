// SPDX-License-Identifier: Apache-2.0
#include "record/schedule.h"

#include <gtest/gtest.h>

#include "record/test_bundles.h"

namespace takt {
namespace {

const TestBundle::Side shell{"sh", 900, 0};

TEST(ReadyTimes, BeginWhenAThreadIsWokenAndEndWhenItRuns) {
  TestBundle t;
  t.woken(0, on_vcpu).switched(30, shell, "S", on_vcpu);
  const auto times = ready_times(*t.bundle.host_events, vcpu_tid, at_us(100));
  ASSERT_EQ(times.size(), 1u);
  EXPECT_EQ(times[0].span.ns(), 30'000u);
  EXPECT_EQ(times[0].cpu, 2u);
  EXPECT_FALSE(times[0].preempted);
}

TEST(ReadyTimes, BeginWhenAThreadIsPreempted) {
  TestBundle t;
  t.switched(0, on_vcpu, "R+", shell).switched(40, shell, "S", on_vcpu);
  const auto times = ready_times(*t.bundle.host_events, vcpu_tid, at_us(100));
  ASSERT_EQ(times.size(), 1u);
  EXPECT_TRUE(times[0].preempted);
}

TEST(ReadyTimes, AThreadThatSleepsIsNotReady) {
  TestBundle t;
  t.switched(0, on_vcpu, "S", on_nothing);
  EXPECT_TRUE(ready_times(*t.bundle.host_events, vcpu_tid, at_us(100)).empty());
}

TEST(ReadyTimes, OneWithoutAnEndLastsUntilTheEndOfTheEvents) {
  TestBundle t;
  t.switched(0, on_vcpu, "R", shell);
  EXPECT_EQ(ready_times(*t.bundle.host_events, vcpu_tid, at_us(100))[0].span.ns(), 100'000u);
}

TEST(RanOn, ASwitchEndsTheTimeOfTheThreadThatLeaves) {
  TestBundle t;
  t.switched(10, shell, "S", on_vcpu).switched(30, on_vcpu, "S", on_nothing);
  const auto ran = ran_on(*t.bundle.host_events, 2, {at_us(0), at_us(40)});
  ASSERT_EQ(ran.size(), 3u);
  EXPECT_EQ(ran[0].thread, "sh");
  EXPECT_EQ(ran[0].ns, 10'000u);
  EXPECT_EQ(ran[1].ns, 20'000u);
  EXPECT_TRUE(ran[2].idle());
  EXPECT_TRUE(ran_on(*t.bundle.host_events, 3, {at_us(0), at_us(40)}).empty());
}

TEST(Interrupts, AHardOneInsideOfASoftOneCountsForBoth) {
  TestBundle t;
  t.event(0, 1, "softirq_entry", "vec=3 [action=NET_RX]")
      .event(5, 1, "irq_handler_entry", "irq=24 name=eth0-rx")
      .event(8, 1, "irq_handler_exit", "irq=24 ret=handled")
      .event(20, 1, "softirq_exit", "vec=3 [action=NET_RX]");
  const auto interrupts = interrupts_on(*t.bundle.host_events, 2, {at_us(0), at_us(100)});
  ASSERT_EQ(interrupts.size(), 2u);
  EXPECT_EQ(interrupts[0].name, "eth0-rx");
  EXPECT_EQ(interrupts[0].irq, "24");
  EXPECT_EQ(interrupts[0].ns, 3'000u);
  EXPECT_EQ(interrupts[1].name, "softirq NET_RX");
  EXPECT_EQ(interrupts[1].ns, 20'000u);
}

TEST(Interrupts, AnEndWithoutABeginIsNothing) {
  TestBundle t;
  t.event(8, 1, "irq_handler_exit", "irq=24 ret=handled");
  EXPECT_TRUE(interrupts_on(*t.bundle.host_events, 2, {at_us(0), at_us(100)}).empty());
}

}  // namespace
}  // namespace takt
