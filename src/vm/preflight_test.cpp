// SPDX-License-Identifier: Apache-2.0
#include "vm/preflight.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/test_host_dir.h"
#include "kvm/disable_exits.h"

namespace takt {
namespace {

CpuList cpus(std::string_view text) { return CpuList::parse(text).value(); }

Placement fifo_on(std::string_view cpu, int priority = 80) {
  return {.cpus = cpus(cpu), .policy = Policy::fifo, .priority = priority};
}

VmConfig one_fifo_vcpu() {
  VmConfig config;
  config.kernel = "bzImage";
  config.memory = 64_MiB;
  config.vcpus[0] = fifo_on("2");
  return config;
}

VmConfig idle_in_guest() {
  VmConfig config = one_fifo_vcpu();
  for (const kvm::DisableExit& exit : kvm::disable_exits()) config.disable_exits |= exit.bit;
  return config;
}

/// A host that grants everything.
PreflightFacts generous() {
  return {.kernel_version = 601,
          .cpuset = cpus("0-3"),
          .may_nice = true,
          .rtprio = 0,
          .may_lock = true,
          .memlock_bytes = 0,
          .rt_runtime_us = -1};
}

std::string texts(const std::vector<Finding>& findings) {
  std::string all;
  for (const auto& f : findings)
    all += fmt::format("[{}] {}\n", static_cast<int>(f.weight), f.text);
  return all;
}

#define EXPECT_ONLY(findings, wanted_weight, part)                            \
  do {                                                                        \
    const auto found_ = (findings);                                           \
    ASSERT_EQ(found_.size(), 1u) << texts(found_);                            \
    EXPECT_EQ(found_[0].weight, wanted_weight) << texts(found_);              \
    EXPECT_NE(found_[0].text.find(part), std::string::npos) << texts(found_); \
  } while (false)

TEST(Preflight, AHostThatGrantsEverythingHasNoFindings) {
  EXPECT_EQ(texts(preflight(idle_in_guest(), generous())), "");
}

TEST(Preflight, WhatAHostDoesNotTellIsNotJudged) {
  EXPECT_EQ(texts(preflight(idle_in_guest(), {})), "");
}

TEST(Preflight, ACpuOutsideTheCpusetIsRefusedWithTheSet) {
  PreflightFacts facts = generous();
  facts.cpuset = cpus("0-1");
  EXPECT_ONLY(preflight(one_fifo_vcpu(), facts), Weight::refusal,
              "vcpu 0: cpu 2 is not among the CPUs of this process's cpuset, 0-1");
}

TEST(Preflight, APriorityNeedsTheCapabilityOrTheLimit) {
  PreflightFacts facts = generous();
  facts.may_nice = false;
  EXPECT_ONLY(preflight(one_fifo_vcpu(), facts), Weight::refusal, "LimitRTPRIO=80");
  facts.rtprio = 79;
  EXPECT_ONLY(preflight(one_fifo_vcpu(), facts), Weight::refusal, "RLIMIT_RTPRIO is 79");
  facts.rtprio = 80;
  EXPECT_EQ(texts(preflight(one_fifo_vcpu(), facts)), "");
  facts.rtprio = -1;
  EXPECT_EQ(texts(preflight(one_fifo_vcpu(), facts)), "");
}

TEST(Preflight, ServersAndHelpersNeedTheirPrioritiesToo) {
  VmConfig config = one_fifo_vcpu();
  config.servers["console"] = fifo_on("0", 90);
  config.helpers = fifo_on("0", 95);
  PreflightFacts facts = generous();
  facts.may_nice = false;
  facts.rtprio = 80;
  const auto found = preflight(config, facts);
  ASSERT_EQ(found.size(), 2u) << texts(found);
  EXPECT_TRUE(found[0].text.starts_with("server console: ")) << texts(found);
  EXPECT_TRUE(found[1].text.starts_with("helpers: ")) << texts(found);
}

TEST(Preflight, LockedMemoryNeedsTheCapabilityOrTheLimit) {
  PreflightFacts facts = generous();
  facts.may_lock = false;
  facts.own_bytes = 20_MiB;
  facts.memlock_bytes = static_cast<std::int64_t>(84_MiB - 1);
  EXPECT_ONLY(preflight(one_fifo_vcpu(), facts), Weight::refusal, "64 of them guest RAM");
  facts.memlock_bytes = static_cast<std::int64_t>(84_MiB);
  EXPECT_EQ(texts(preflight(one_fifo_vcpu(), facts)), "") << "the kernel may still say no";
  facts.memlock_bytes = 0;
  VmConfig unlocked = one_fifo_vcpu();
  unlocked.mlock = Switch::off;
  EXPECT_EQ(texts(preflight(unlocked, facts)), "");
}

TEST(Preflight, ThrottlingContradictsAVcpuThatIsIdleInTheGuest) {
  PreflightFacts facts = generous();
  facts.rt_runtime_us = 950'000;
  EXPECT_ONLY(preflight(idle_in_guest(), facts), Weight::hazard,
              "sysctl kernel.sched_rt_runtime_us=-1");
  EXPECT_EQ(texts(preflight(one_fifo_vcpu(), facts)), "") << "it sleeps when its guest is idle";
  VmConfig polls = one_fifo_vcpu();
  polls.halt_poll_ns = 2'000'000;
  EXPECT_ONLY(preflight(polls, facts), Weight::hazard, "vcpu 0");
  VmConfig ordinary = idle_in_guest();
  ordinary.vcpus[0] = {.cpus = cpus("2")};
  EXPECT_EQ(texts(preflight(ordinary, facts)), "");
}

TEST(Preflight, SinceLinux612ItIsTheFairServerOnCpusThatAreNotIsolated) {
  PreflightFacts facts = generous();
  facts.kernel_version = 612;
  facts.rt_runtime_us = 950'000;
  EXPECT_EQ(texts(preflight(idle_in_guest(), facts)), "") << "debugfs could not be read";
  facts.fair_server = cpus("0-3");
  EXPECT_ONLY(preflight(idle_in_guest(), facts), Weight::hazard, "fair_server/cpu2/runtime");
  facts.isolated = cpus("2");
  EXPECT_EQ(texts(preflight(idle_in_guest(), facts)), "");
}

TEST(Preflight, TwoVcpusThatNeverLeaveOneCpuAreUnwise) {
  VmConfig config = idle_in_guest();
  config.cpus = 2;
  config.vcpus[1] = fifo_on("2");
  EXPECT_ONLY(preflight(config, generous()), Weight::unwise, "vcpus 0 and 1 share CPU 2");
  config.vcpus[1] = fifo_on("3");
  EXPECT_EQ(texts(preflight(config, generous())), "");
}

TEST(Preflight, StrictEndsWhereBestEffortWarns) {
  VmConfig config = one_fifo_vcpu();
  const std::vector<Finding> hazard{{Weight::hazard, "late"}};
  EXPECT_FALSE(judge(config, hazard));
  EXPECT_TRUE(judge(config, {{Weight::unwise, "odd"}}));
  config.rt_mode = RtMode::best_effort;
  EXPECT_TRUE(judge(config, hazard));
  EXPECT_TRUE(judge(config, {{Weight::refusal, "no"}}));
}

TEST(PreflightFacts, AreReadFromProcAndSys) {
  const TestHostDir host;
  host.has("proc/sys/kernel/osrelease", "6.12.1-rt\n");
  host.has("proc/sys/kernel/sched_rt_runtime_us", "950000\n");
  host.has("proc/self/cgroup", "0::/\n");
  host.has("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
  host.has("proc/self/status", "CapEff:\t0000000000004000\n");
  host.has("proc/self/limits", "Max locked memory 65536 65536 bytes\nMax realtime priority 7 9\n");
  host.has("proc/self/statm", "1000 1 1 1 0 1 0\n");
  host.has("sys/devices/system/cpu/isolated", "3\n");
  host.has("sys/kernel/debug/sched/fair_server/cpu0/runtime", "50000000\n");
  host.has("sys/kernel/debug/sched/fair_server/cpu3/runtime", "0\n");
  const PreflightFacts facts = preflight_facts(host.root());
  EXPECT_EQ(facts.kernel_version, 612);
  EXPECT_EQ(facts.cpuset->text(), "0-3");
  EXPECT_EQ(facts.isolated.text(), "3");
  EXPECT_EQ(facts.may_nice, false);
  EXPECT_EQ(facts.may_lock, true);
  EXPECT_EQ(facts.rtprio, 7);
  EXPECT_EQ(facts.memlock_bytes, 65536);
  EXPECT_EQ(facts.own_bytes, 4096'000u);
  EXPECT_EQ(facts.rt_runtime_us, 950'000);
  EXPECT_EQ(facts.fair_server->text(), "0");
}

}  // namespace
}  // namespace takt
