// SPDX-License-Identifier: Apache-2.0
#include "record/trace_text.h"

#include <gtest/gtest.h>

#include <string>

namespace takt {
namespace {

// Cut from Debian's 6.12 RT kernels in the lab, with KVM running a guest.
constexpr std::string_view x86 = R"(# tracer: nop
#
# entries-in-buffer/entries-written: 31841/40658   #P:2
#
#                                _-----=> irqs-off/BH-disabled
#                               / _----=> need-resched
#                              | / _---=> hardirq/softirq
#                              || / _--=> preempt-depth
#                              ||| / _-=> migrate-disable
#                              |||| /     delay
#           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
#              | |         |   |||||     |         |
     rcu_preempt-19      [000] d..2.     9.092262: sched_switch: prev_comm=rcu_preempt prev_pid=19 prev_prio=98 prev_state=I ==> next_comm=vcpu0 next_pid=365 next_prio=120
           vcpu0-365     [000] d..1.     9.094843: kvm_entry: vcpu 0, rip 0x1000200
           vcpu0-365     [000] d..1.     9.095271: kvm_exit: vcpu 0 reason npf rip 0x1000200 info1 0x0000000200000006 info2 0x0000000000009000 intr_info 0x00000000 error_code 0x00000000
           vcpu0-365     [000] d.h.1     9.096031: local_timer_entry: vector=236
       ktimers/0-18      [000] ..s.2     9.107236: softirq_entry: vec=8 [action=HRTIMER]
##### CPU 1 buffer started ####
          <idle>-0       [001] d.h1.     9.659553: local_timer_entry: vector=236
)";
constexpr std::string_view arm64 =
    R"(       CPU 0/KVM-345     [000] d..2.    22.760396: sched_switch: prev_comm=CPU 0/KVM prev_pid=345 prev_prio=120 prev_state=R+ ==> next_comm=ktimers/0 next_pid=18 next_prio=98
       CPU 0/KVM-345     [000] ...1.    22.785828: kvm_exit: TRAP: HSR_EC: 0x0018 (SYS64), PC: 0xffffac377c63792c
          <idle>-0       [001] d.h1.    22.806149: irq_handler_entry: irq=2 name=IPI
)";

TEST(TraceText, EventsOfAnX86Host) {
  const auto events = parse_trace(x86);
  ASSERT_EQ(events.size(), 6u);
  EXPECT_EQ(events[0].at_ns, 9'092'262'000u);
  EXPECT_EQ(events[0].cpu, 0u);
  EXPECT_EQ(events[0].tid, 19);
  EXPECT_EQ(events[0].thread, "rcu_preempt");
  EXPECT_EQ(events[0].name, "sched_switch");
  EXPECT_EQ(events[0].field("next_comm"), "vcpu0");
  EXPECT_EQ(events[0].field("next_pid"), "365");
  EXPECT_EQ(events[1].name, "kvm_entry");
  EXPECT_EQ(events[2].details.substr(0, 19), "vcpu 0 reason npf r");
  EXPECT_EQ(events[4].thread, "ktimers/0");
  EXPECT_EQ(events[5].thread, "<idle>");
  EXPECT_EQ(events[5].tid, 0);
  EXPECT_EQ(events[5].cpu, 1u);
}

TEST(TraceText, EventsOfAnArm64Host) {
  const auto events = parse_trace(arm64);
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].thread, "CPU 0/KVM");
  EXPECT_EQ(events[0].field("prev_comm"), "CPU 0/KVM");
  EXPECT_EQ(events[1].name, "kvm_exit");
  EXPECT_EQ(events[1].details, "TRAP: HSR_EC: 0x0018 (SYS64), PC: 0xffffac377c63792c");
  EXPECT_EQ(events[2].field("name"), "IPI");
}

TEST(TraceText, IsPutInOrderOfTime) {
  const auto events = parse_trace(
      "  a-1       [000] d..2.     9.000002: sched_waking: comm=x\n"
      "  b-2       [001] d..2.     9.000001: sched_waking: comm=y\n"
      "  c-3       [000] d..2.     9.000002: sched_waking: comm=z\n");
  ASSERT_EQ(events.size(), 3u);
  EXPECT_EQ(events[0].tid, 2);
  EXPECT_EQ(events[1].tid, 1);
  EXPECT_EQ(events[2].tid, 3);
}

TEST(TraceText, ANameMayLookLikeWhatFollowsIt) {
  const auto event =
      parse_trace_line(" a-1 [000] d..2.-77      [003] d..2.     9.000002: sched_waking: comm=x");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->thread, "a-1 [000] d..2.");
  EXPECT_EQ(event->tid, 77);
  EXPECT_EQ(event->cpu, 3u);
}

TEST(TraceText, ANameMayEndWithADash) {
  const auto event = parse_trace_line("  a--1      [000] d..2.     9.000002: x: y");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->thread, "a-");
  EXPECT_EQ(event->tid, 1);
}

TEST(TraceText, AnEventMayHaveNoDetails) {
  const auto event = parse_trace_line("  a-1       [000] d..2.     9.000002: nothing: ");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->details, "");
}

TEST(TraceText, WhatIsNoEventIsLeftOut) {
  for (const std::string_view line :
       {"", "-", "CPU:1 [LOST 312 EVENTS]",
        "  a-1       [000] d..2.     9.000002: ", "  a-1       [000] d..2.     9.00002: x: y",
        "  a-1       [000] d..2.     9: x: y", "  a-1       [000] d..2. 99999999999.000000: x: y",
        "  a-1       [000", "  a-99999999999 [000] d..2.     9.000002: x: y"})
    EXPECT_FALSE(parse_trace_line(line)) << line;
}

TEST(TraceText, AFileWithoutALastLineFeedIsReadToItsEnd) {
  EXPECT_EQ(parse_trace("  a-1       [000] d..2.     9.000002: x: y").size(), 1u);
}

}  // namespace
}  // namespace takt
