// SPDX-License-Identifier: Apache-2.0
// Each rule by a bundle in which it is the right one, and one in which it must keep quiet.
#include "record/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "record/test_bundles.h"

namespace takt {
namespace {

using Side = TestBundle::Side;

testing::AssertionResult says(const TestBundle& t, Cause cause, std::string_view words) {
  const Explanation why = explain(t.bundle);
  if (why.cause == cause && why.text.find(words) != why.text.npos)
    return testing::AssertionSuccess();
  return testing::AssertionFailure() << cause_name(why.cause) << ": " << why.text;
}

/// The vCPU asked the slow device, whose server was at it for `job_us`.
TestBundle asked(std::uint64_t job_us) {
  TestBundle t;
  t.record(t.server(), RecordKind::job, 5, job_us);
  t.record(t.vcpu(), RecordKind::wait, 1, job_us + 8)
      .record(t.vcpu(), RecordKind::mmio, 0, job_us + 10);
  t.missed(t.vcpu(), Budget::exit, 100);
  return t;
}

/// The vCPU wanted to run for 3 ms, while `who` did.
TestBundle woken_behind(const Side& who) {
  TestBundle t;
  t.waited(3000).switched(-100, on_nothing, "S", who);
  t.woken(0, on_vcpu).switched(3000, who, "S", on_vcpu);
  return t;
}
TestBundle displaced_by(const Side& who) {
  TestBundle t;
  t.waited(3000).switched(-100, on_nothing, "S", on_vcpu);
  t.switched(0, on_vcpu, "R", who).switched(3000, who, "S", on_vcpu);
  return t;
}

TEST(Explain, AThreadAboveTheVcpuIsNamedWithItsPriority) {
  const TestBundle t = woken_behind({"stress", 900, 0});
  EXPECT_TRUE(says(t, Cause::host_thread,
                   "The host's thread stress (thread 900, real-time priority 99) ran on CPU 2 for "
                   "3000.0 us while vcpu0 (fifo 80) was ready."));
  EXPECT_TRUE(says(t, Cause::host_thread, "it could run and did not for 3000.0 us"));
}

TEST(Explain, AThreadOfTaktsOwnIsNamedAsSuch) {
  EXPECT_TRUE(says(woken_behind(on_server), Cause::host_thread, "takt's own thread slow"));
}

TEST(Explain, AnOrdinaryThreadThatGoesOnForAWhileWasInAPartThatCannotBePreempted) {
  TestBundle t;
  const Side make{"make", 901, 120};
  t.waited(300).switched(-100, on_nothing, "S", make);
  t.woken(0, on_vcpu).switched(300, make, "R", on_vcpu);
  EXPECT_TRUE(says(t, Cause::host_thread, "cannot be preempted"));
}

TEST(Explain, AnInterruptThreadIsNamedWithItsNumberAndWhereToMoveIt) {
  const TestBundle t = displaced_by({"irq/24-eth0", 902, 9});
  EXPECT_TRUE(
      says(t, Cause::interrupt, "The thread of interrupt 24 (irq/24-eth0, real-time priority 90)"));
  EXPECT_TRUE(says(t, Cause::interrupt, "/proc/irq/24/smp_affinity_list"));
}

TEST(Explain, AnOrdinaryThreadThatDisplacesARealTimeOneIsTheFairServer) {
  EXPECT_TRUE(says(displaced_by({"make", 901, 120}), Cause::throttled,
                   "/sys/kernel/debug/sched/fair_server/cpu2/runtime"));
}

TEST(Explain, BeforeLinux612ItIsTheRealTimeLimit) {
  TestBundle t = displaced_by({"make", 901, 120});
  t.bundle.kernel = "6.1.0-rt";
  EXPECT_TRUE(says(t, Cause::throttled, "sched_rt_runtime_us to -1"));
}

TEST(Explain, ACpuThatIdlesAlthoughADisplacedThreadIsReadyIsThrottled) {
  EXPECT_TRUE(says(displaced_by(on_nothing), Cause::throttled, "it ran nothing at all"));
}

TEST(Explain, ACpuThatIdlesWhenAThreadIsWokenWakesUpSlowly) {
  EXPECT_TRUE(says(woken_behind(on_nothing), Cause::idle_cpu, "took 3000.0 us to wake up"));
}

TEST(Explain, AnOrdinaryVcpuIsNotThrottledButHasNoPriority) {
  TestBundle t = displaced_by({"make", 901, 120});
  t.vcpu().policy = "other";
  t.vcpu().priority = 0;
  EXPECT_TRUE(says(t, Cause::host_thread, "Give vcpu0 a real-time policy"));
}

TEST(Explain, ASlowDeviceIsNamedWithItsServerAndItsJob) {
  EXPECT_TRUE(
      says(asked(300), Cause::slow_device,
           "vcpu0 waited 308.0 us for the device slow: its server slow was busy, and its job "
           "for device slow (read of 4 bytes at 0xff001008) took 300.0 us."));
}

TEST(Explain, AFullRingIsManyJobsBeforeTheAnswer) {
  TestBundle t = asked(300);
  t.server().records.clear();
  for (int n = 0; n < 64; ++n) t.record(t.server(), RecordKind::job, 4 * n, 4);
  EXPECT_TRUE(says(t, Cause::slow_device, "64 jobs took"));
  EXPECT_TRUE(says(t, Cause::slow_device, "its ring was full, or the access came after 63 others"));
}

TEST(Explain, PageFaultsInAServersJobAreCounted) {
  TestBundle t = asked(300);
  for (int n = 0; n < 100; ++n)
    t.event(6 + 2 * n, server_tid, "page_fault_user", "address=0x1 ip=0x2");
  EXPECT_TRUE(says(t, Cause::page_fault, "slow had 100 page faults in that time."));
  EXPECT_TRUE(says(t, Cause::page_fault, "vcpu0 waited"));
}

TEST(Explain, WithoutEventsPageFaultsAreThoseThatTheKernelCounted) {
  TestBundle t = asked(300);
  t.server().minor_faults = 100;
  EXPECT_TRUE(says(t, Cause::page_fault, "slow had 100 page faults within 5000.0 us around it."));
}

TEST(Explain, AFewPageFaultsDoNotExplainALongJob) {
  TestBundle t = asked(300);
  t.server().minor_faults = 3;
  EXPECT_TRUE(says(t, Cause::slow_device, "took 300.0 us"));
}

TEST(Explain, PageFaultsInAVcpusOwnExitAreItsOwn) {
  TestBundle t;
  t.record(t.vcpu(), RecordKind::pio, 0, 300, "").missed(t.vcpu(), Budget::exit, 100);
  t.vcpu().major_faults = 2;
  EXPECT_TRUE(says(t, Cause::page_fault, "vcpu0 had 0 minor and 2 major page faults"));
}

TEST(Explain, AThreadThatHeldTheServerUpIsTheCauseByWayOfTheServer) {
  TestBundle t = asked(300);
  const Side stress{"stress", 900, 0};
  t.switched(2, on_server, "R", stress).switched(290, stress, "S", on_server);
  EXPECT_TRUE(says(t, Cause::host_thread, "while slow (fifo 70) was ready"));
  EXPECT_TRUE(says(t, Cause::host_thread, "vcpu0 waited 308.0 us"));
}

TEST(Explain, ADeviceThatAnotherThreadIsInHasItsLockTaken) {
  TestBundle t;
  t.bundle.threads.push_back({.name = "vcpu1", .tid = 101, .role = ThreadRole::vcpu});
  t.record(t.bundle.threads[2], RecordKind::pio, -50, 350, "uart");
  t.record(t.vcpu(), RecordKind::pio, 0, 305, "uart").missed(t.vcpu(), Budget::exit, 100);
  EXPECT_TRUE(says(t, Cause::device_lock,
                   "vcpu1 was in the device uart already and held its lock for 300.0 us"));
}

TEST(Explain, AnotherDeviceIsNotWaitedFor) {
  TestBundle t;
  t.bundle.threads.push_back({.name = "vcpu1", .tid = 101, .role = ThreadRole::vcpu});
  t.record(t.bundle.threads[2], RecordKind::pio, -50, 350, "rtc");
  t.record(t.vcpu(), RecordKind::pio, 0, 305, "uart").missed(t.vcpu(), Budget::exit, 100);
  EXPECT_TRUE(says(t, Cause::long_job, "No other thread of takt's was involved."));
}

TEST(Explain, AnInterruptInTheMiddleOfAnExitIsNamed) {
  TestBundle t;
  t.record(t.vcpu(), RecordKind::pio, 0, 300, "uart").missed(t.vcpu(), Budget::exit, 100);
  t.event(10, vcpu_tid, "irq_handler_entry", "irq=24 name=eth0");
  t.event(250, vcpu_tid, "irq_handler_exit", "irq=24 ret=handled");
  EXPECT_TRUE(says(t, Cause::interrupt,
                   "The interrupt 24 of eth0 took CPU 2 from vcpu0 1 times, for 240.0 us"));
}

TEST(Explain, AJobThatNobodyHeldUpIsLongByItself) {
  TestBundle t;
  t.record(t.server(), RecordKind::job, 0, 300).missed(t.server(), Budget::job, 100);
  t.bundle.host_events.emplace();
  EXPECT_TRUE(says(t, Cause::long_job, "Nobody else was involved"));
  EXPECT_TRUE(says(t, Cause::long_job, "job_us allows 100.0 us"));
}

TEST(Explain, WithoutEventsAWaitForACpuHasNoNameButItsLength) {
  TestBundle t;
  t.waited(3000, 2);
  t.bundle.rt_runtime_us = 950'000;
  EXPECT_TRUE(says(t, Cause::unknown,
                   "within 5000.0 us it could run and did not for 3000.0 us, in 2 waits"));
  EXPECT_TRUE(says(t, Cause::unknown, "events are missing (not permitted)"));
  EXPECT_TRUE(says(t, Cause::unknown, "kernel.sched_rt_runtime_us = 950000"));
}

TEST(Explain, ABundleWithoutItsThreadSaysSo) {
  EXPECT_TRUE(says({}, Cause::unknown, "does not have the thread"));
}

TEST(TimeLine, IsInOrderAndRelativeToTheMiss) {
  const TestBundle t = asked(300);
  const std::string text = time_line(t.bundle);
  const auto exit = text.find("+0.0 us  vcpu0           MMIO read of 4 bytes");
  const auto job = text.find("+5.0 us  slow            job for device slow");
  ASSERT_NE(exit, text.npos) << text;
  ASSERT_NE(job, text.npos) << text;
  EXPECT_LT(exit, job);
}

TEST(TimeLine, LeavesOutTheMiddleOfALongOne) {
  TestBundle t = asked(300);
  for (int n = 0; n < 100; ++n) t.record(t.server(), RecordKind::job, n, 1);
  const std::string text = time_line(t.bundle, 10);
  EXPECT_NE(text.find("... 93 more"), text.npos) << text;
  EXPECT_EQ(std::ranges::count(text, '\n'), 11);
}

}  // namespace
}  // namespace takt
