// SPDX-License-Identifier: Apache-2.0
// The delivery matrix of x86 hosts.
#include <gtest/gtest.h>

#include "check/test_host.h"

namespace takt::check {
namespace {

TEST(TunedX86Host, DeliversWithoutExits) {
  const TunedX86 host;
  EXPECT_EQ(host.delivery(event::timer).mechanism, "posted timer (kvm.pi_inject_timer)");
  EXPECT_EQ(host.delivery(event::timer).exits, "1");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "Intel IPI virtualization");
  EXPECT_EQ(host.delivery(event::ipi).exits, "0");
  EXPECT_EQ(host.delivery(event::assigned_msi).mechanism, "VT-d posted interrupt");
  EXPECT_EQ(host.delivery(event::assigned_level).exits, "1-2");
  EXPECT_EQ(host.delivery(event::emulated_msi).exits, "0");
  EXPECT_EQ(host.delivery(event::idle).exits, "0");
}

TEST(TunedX86Host, TimerMigrationOffSpoilsThePostedTimer) {
  const TunedX86 host;
  host.has("proc/sys/kernel/timer_migration", "0\n");
  EXPECT_EQ(host.verdict("timer-migration"), "WARN");
  EXPECT_EQ(host.delivery(event::timer).exits, "2");
}

TEST(TunedX86Host, WithoutAPostedTimerHasThePreemptionTimer) {
  const TunedX86 host;
  host.has("sys/module/kvm/parameters/pi_inject_timer", "0\n");
  EXPECT_EQ(host.verdict("posted-timer"), "WARN");
  EXPECT_EQ(host.delivery(event::timer).mechanism, "VMX preemption timer");
}

TEST(TunedX86Host, WithoutAPostedTimerKeepsTimersOnTheirTicklessCpu) {
  const TunedX86 host;
  host.has("sys/module/kvm/parameters/pi_inject_timer", "0\n");
  EXPECT_EQ(host.verdict("timer-migration"), "WARN");
  host.has("proc/sys/kernel/timer_migration", "0\n");
  EXPECT_EQ(host.verdict("timer-migration"), "PASS");
}

TEST(TunedX86Host, WithApicTimerVirtualizationHasNoExitForATick) {
  const TunedX86 host;
  host.has("sys/module/kvm_intel/parameters/enable_apic_timer_virt", "Y\n");
  EXPECT_EQ(host.verdict("apic-timer-virtualization"), "PASS");
  EXPECT_EQ(host.delivery(event::timer).exits, "0");
}

TEST(TunedX86Host, NopostOnTheCommandLineIsNoPosting) {
  const TunedX86 host;
  host.has("proc/cmdline", "isolcpus=managed_irq,domain,2-3 intremap=nopost\n");
  EXPECT_EQ(host.verdict("posted-interrupts"), "WARN");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "0-1");
}

TEST(TunedX86Host, AnAmdMachineHasAvic) {
  const TunedX86 host;
  host.lacks("sys/module/kvm_intel");
  host.lacks("sys/class/iommu/dmar0");
  host.has("sys/module/kvm_amd/parameters/avic", "Y\n");
  host.has("sys/module/kvm_amd/parameters/enable_ipiv", "Y\n");
  host.has("sys/class/iommu/ivhd0/amd-iommu/features", "f77ef22294ada\n");
  host.has("proc/cpuinfo", "vendor_id : AuthenticAMD\nflags : constant_tsc nonstop_tsc x2avic\n");
  EXPECT_EQ(host.verdict("apic-virtualization"), "PASS");
  EXPECT_EQ(host.value("preemption-timer"), "Intel's");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "AVIC");
  EXPECT_EQ(host.delivery(event::assigned_msi).mechanism, "AMD IOMMU, guest APIC mode (AVIC)");
}

TEST(UntunedDebian, DeliversThroughTheEmulatedApic) {
  const UntunedX86 host;
  EXPECT_EQ(host.delivery(event::timer).mechanism, "VMX preemption timer");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "emulated APIC");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "1-2");
}

TEST(TunedX86Host, AnAvicWithoutX2AvicLeavesTheGuestsX2ApicToExits) {
  const TunedX86 host;
  host.lacks("sys/module/kvm_intel");
  host.has("sys/module/kvm_amd/parameters/avic", "Y\n");
  EXPECT_EQ(host.verdict("apic-virtualization"), "WARN");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "emulated APIC");
}

TEST(TunedX86Host, AnIommuThatTellsNothingIsNotApproved) {
  const TunedX86 host;
  host.lacks("sys/class/iommu/dmar0/intel-iommu");
  host.has("sys/class/iommu/dmar0/uevent", "");
  EXPECT_EQ(host.verdict("posted-interrupts"), "n.a.");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "0-1");
}

TEST(TunedX86Host, IpiVirtualizationWasPartOfAvicBeforeItHadAParameter) {
  const TunedX86 host;
  host.lacks("sys/module/kvm_intel");
  host.has("sys/module/kvm_amd/parameters/avic", "Y\n");
  host.has("proc/cpuinfo", "flags : constant_tsc nonstop_tsc x2avic\n");
  EXPECT_EQ(host.value("ipi-virtualization"), "part of AVIC");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "AVIC");
}

}  // namespace
}  // namespace takt::check
