// SPDX-License-Identifier: Apache-2.0
// The verdicts on x86 hosts.
#include <gtest/gtest.h>

#include "check/test_host.h"

namespace takt::check {
namespace {

TEST(TunedX86Host, HasNothingToMend) {
  const TunedX86 host;
  const Report report = host.report();
  EXPECT_EQ(names(report, Verdict::fail), std::vector<std::string>{});
  EXPECT_EQ(names(report, Verdict::warn), std::vector<std::string>{});
  EXPECT_EQ(report.status(), 0);
  EXPECT_EQ(report.cpus, "2-3");
  EXPECT_EQ(report.origin, "the isolated CPUs");
}

TEST(TunedX86Host, AnInterruptThatCameToAnIsolatedCpuFails) {
  const TunedX86 host;
  host.has("proc/irq/24/effective_affinity_list", "2\n");
  EXPECT_EQ(host.verdict("irq-affinity"), "WARN");
  host.has("proc/interrupts", "  CPU0 CPU1 CPU2 CPU3\n 24: 1 0 5 0 IR-PCI-MSIX 0-edge nvme0q0\n");
  EXPECT_EQ(host.verdict("irq-affinity"), "FAIL");
  EXPECT_EQ(host.value("irq-affinity"), "1 came here: 24 nvme0q0");
}

TEST(TunedX86Host, AnInterruptWhoseAffinityCannotBeReadIsNotApproved) {
  const TunedX86 host;
  host.lacks("proc/irq/24");
  EXPECT_EQ(host.verdict("irq-affinity"), "n.a.");
}

TEST(TunedX86Host, AThreadThatMayRunOnAnIsolatedCpuIsSeen) {
  const TunedX86 host;
  host.has("proc/1/task/1/status", "Cpus_allowed_list:\t0-3\n");
  EXPECT_EQ(host.verdict("stray-threads"), "WARN");
  EXPECT_EQ(host.value("stray-threads"), "1: systemd (1)");
}

TEST(TunedX86Host, AnSmiIsCounted) {
  const TunedX86 host;
  host.has("dev/cpu/2/msr", std::string(0x34, '\0') + '\x07' + std::string(7, '\0'));
  EXPECT_EQ(host.verdict("smi-count"), "WARN");
  EXPECT_EQ(host.value("smi-count"), "7 since power-on: must not grow");
}

TEST(TunedX86Host, AnAssignedDeviceInMixedCompanyFails) {
  const TunedX86 host;
  std::string config(256, '\0');
  config[6] = 0x10;     // has capabilities
  config[0x34] = 0x50;  // the first one
  config[0x50] = 0x11;  // MSI-X
  host.has("sys/bus/pci/drivers/vfio-pci/0000:01:00.0/x", "");
  host.has("sys/bus/pci/devices/0000:01:00.0/config", config);
  host.has("sys/bus/pci/devices/0000:01:00.0/iommu_group/devices/0000:01:00.0", "");
  EXPECT_EQ(host.verdict("iommu-groups"), "PASS");
  EXPECT_EQ(host.verdict("vfio-msi"), "PASS");
  host.has("sys/bus/pci/devices/0000:01:00.0/iommu_group/devices/0000:01:00.1", "");
  EXPECT_EQ(host.value("iommu-groups"), "0000:01:00.0 with 0000:01:00.1");
  EXPECT_EQ(host.verdict("iommu-groups"), "FAIL");
}

TEST(UntunedDebian, Fails) {
  const UntunedX86 host;
  const Report report = host.report();
  EXPECT_EQ(report.status(), 1);
  EXPECT_EQ(report.origin, "all CPUs: none is isolated");
  for (const char* name : {"preempt-rt", "isolated-cpus", "rt-throttling", "rlimit-rtprio",
                           "clocksource", "tsc-invariant"})
    EXPECT_EQ(row_of(report, name).verdict, Verdict::fail) << name;
  for (const char* name :
       {"kernel-version", "nohz-full", "managed-irqs", "rcu-nocbs", "rlimit-memlock",
        "busy-threads", "irqbalance", "irq-affinity", "cpuidle", "cpufreq-governor",
        "cpufreq-range", "boost", "hugepages", "transparent-hugepages", "swap", "nmi-watchdog",
        "smt-siblings", "apic-virtualization"})
    EXPECT_EQ(row_of(report, name).verdict, Verdict::warn) << name;
}

TEST(UntunedDebian, WhatCannotBeReadIsNeverApproved) {
  const UntunedX86 host;
  EXPECT_EQ(host.verdict("ksm"), "n.a.");
  EXPECT_EQ(host.value("ksm"), "/sys/kernel/mm/ksm/run: Permission denied");
  EXPECT_EQ(host.value("fair-server"), "this kernel has none");
  EXPECT_EQ(host.value("vm-stat-interval"),
            "/proc/sys/vm/stat_interval: No such file or directory");
}

TEST(UntunedDebian, ABusyThreadIsNamedWhateverItsName) {
  const UntunedX86 host;
  EXPECT_EQ(host.value("busy-threads"), "1: a (b) c (800)");
}

TEST(TunedX86Host, ThrottlingCountsByTheKernelsVersionAndOptions) {
  const TunedX86 host;
  host.has("proc/sys/kernel/sched_rt_runtime_us", "950000\n");
  EXPECT_EQ(host.verdict("rt-throttling"), "PASS");
  EXPECT_EQ(host.value("rt-throttling"),
            "950000, throttles nobody: Linux 6.12 without RT_GROUP_SCHED");
  const std::string config = "boot/config-" + *host.read().files.line("proc/sys/kernel/osrelease");
  host.has(config, "CONFIG_RT_GROUP_SCHED=y\n");
  EXPECT_EQ(host.verdict("rt-throttling"), "FAIL");
  host.lacks(config);
  EXPECT_EQ(host.verdict("rt-throttling"), "WARN");
  host.has("proc/sys/kernel/osrelease", "6.1.0\n");
  EXPECT_EQ(host.verdict("rt-throttling"), "FAIL");
}

TEST(TunedX86Host, WithoutNoHzFullIsSlowerNotUnbounded) {
  const TunedX86 host;
  host.has("sys/devices/system/cpu/nohz_full", "(null)\n");
  EXPECT_EQ(host.verdict("nohz-full"), "WARN");
}

}  // namespace
}  // namespace takt::check
