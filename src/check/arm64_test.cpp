// SPDX-License-Identifier: Apache-2.0
// Verdicts and delivery of arm64 hosts.
#include <gtest/gtest.h>

#include "check/test_host.h"

namespace takt::check {
namespace {

TEST(Arm64WithGicV4, HasNothingToMend) {
  const TunedArm64 host;
  const Report report = host.report();
  EXPECT_EQ(names(report, Verdict::fail), std::vector<std::string>{});
  EXPECT_EQ(names(report, Verdict::warn), std::vector<std::string>{});
  EXPECT_EQ(host.value("gic"), "v4 with ITS");
  EXPECT_EQ(host.value("page-granule"), "4K");
  EXPECT_EQ(host.value("pmu-interrupt"), "private 23");
  EXPECT_EQ(host.value("kvm-mode"), "VHE");
}

TEST(Arm64WithGicV4, ThatGivesTimersAwayIsAWarning) {
  const TunedArm64 host;
  host.has("proc/sys/kernel/timer_migration", "1\n");
  EXPECT_EQ(host.verdict("timer-migration"), "WARN");
}

TEST(Arm64WithGicV4, HasNoRowsOfX86) {
  const TunedArm64 host;
  for (const Row& row : host.report().rows) EXPECT_NE(row.topic, "x86");
}

TEST(Arm64WithGicV4, DeliversDirectly) {
  const TunedArm64 host;
  EXPECT_EQ(host.delivery(event::timer).exits, "1");
  EXPECT_EQ(host.delivery(event::ipi).exits, "2");
  EXPECT_EQ(host.delivery(event::assigned_msi).mechanism, "GICv4 vLPI");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "0");
  EXPECT_EQ(host.delivery(event::idle).mechanism, "WFI stays in the guest");
}

TEST(Arm64WithGicV4, OfVersion41DeliversIpisDirectly) {
  const TunedArm64 host;
  host.has("takt/kernel-log",
           "ITS@0x1: Using GICv4.1 mode\nkvm [1]: GICv4.1 support enabled\nkvm [1]: VHE mode "
           "initialized\n");
  EXPECT_EQ(host.verdict("vsgi"), "PASS");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "GICv4.1 vSGI");
}

TEST(Arm64WithGicV4, ThatKvmDoesNotUseIsAWarning) {
  const TunedArm64 host;
  host.has("proc/cmdline", "kvm-arm.wfi_trap_policy=notrap\n");
  host.has("takt/kernel-log", "ITS@0x1: Using GICv4 mode\nkvm [1]: VHE mode initialized\n");
  EXPECT_EQ(host.verdict("gicv4"), "WARN");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "1");
}

TEST(Arm64WithGicV4, OfVersion41ThatIsDisabledIsNotUsed) {
  const TunedArm64 host;
  host.has("takt/kernel-log",
           "ITS@0x1: Using GICv4.1 mode\nkvm [1]: GICv4.1 support disabled\n"
           "kvm [1]: VHE mode initialized\n");
  EXPECT_EQ(host.verdict("vsgi"), "WARN");
  EXPECT_EQ(host.delivery(event::ipi).exits, "2");
}

TEST(Arm64WithDefaultWfiPolicy, IsSlowerNotUnbounded) {
  const TunedArm64 host;
  host.has("proc/cmdline",
           "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 skew_tick=1 nosoftlockup\n");
  host.has("takt/kernel-log", "kvm [1]: VHE mode initialized successfully\n");
  EXPECT_EQ(host.verdict("wfi-policy"), "WARN");
  EXPECT_EQ(host.verdict("wfe-policy"), "PASS");  // alone on its CPU a WFE does not exit
  EXPECT_EQ(host.delivery(event::idle).mechanism, "WFI exits");
  EXPECT_EQ(host.delivery(event::idle).exits, "1");
  EXPECT_EQ(host.report().status(), 0);
}

TEST(Arm64WithDefaultWfiPolicy, WithoutAKernelLogDoesNotGuess) {
  const TunedArm64 host;
  host.lacks("takt/kernel-log");
  for (const char* name : {"kvm-mode", "gic-traps", "timer-errata", "firmware-calls"}) {
    EXPECT_EQ(host.verdict(name), "n.a.") << name;
    EXPECT_EQ(host.value(name), "the kernel's log: not recorded") << name;
  }
}

TEST(Arm64WithPagesOf64K, IsToldSo) {
  const TunedArm64 host;
  host.lacks("sys/kernel/mm/hugepages/hugepages-64kB");
  host.has("sys/kernel/mm/hugepages/hugepages-524288kB/nr_hugepages", "0\n");
  EXPECT_EQ(host.value("page-granule"), "64K");
  EXPECT_EQ(host.verdict("page-granule"), "WARN");
}

TEST(Arm64WithoutVhe, IsToldWhichOtherMode) {
  const TunedArm64 host;
  for (const auto& [said, mode] : {std::pair{"Hyp nVHE", "nVHE"}, std::pair{"Hyp hVHE", "hVHE"},
                                   std::pair{"Protected nVHE", "protected"}}) {
    host.has("takt/kernel-log",
             std::string{"kvm [1]: "} + said + " mode initialized successfully\n");
    EXPECT_EQ(host.value("kvm-mode"), mode);
    EXPECT_EQ(host.verdict("kvm-mode"), "WARN");
  }
}

}  // namespace
}  // namespace takt::check
