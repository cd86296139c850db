// SPDX-License-Identifier: Apache-2.0
// The verdicts on hosts of several kinds.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "check/test_host.h"

namespace takt::check {
namespace {

std::vector<std::string> names(const Report& report, Verdict verdict) {
  std::vector<std::string> found;
  for (const Row& row : report.rows)
    if (row.verdict == verdict) found.push_back(row.name + ": " + row.value);
  return found;
}

/// A VM on CPUs 2 and 3.
VmConfig two_vcpus() {
  VmConfig vm;
  vm.name = "controller";
  vm.cpus = 2;
  vm.memory = 2_GiB;
  vm.hugepages = PageSize::huge_1g;
  for (const std::uint32_t id : {0u, 1u}) {
    vm.vcpus[id].cpus = *CpuList::parse(id == 0 ? "2" : "3");
    vm.vcpus[id].policy = Policy::fifo;
    vm.vcpus[id].priority = 80;
  }
  return vm;
}

TEST(TunedX86Host, HasNothingToMend) {
  const TunedX86 host;
  const Report report = host.report();
  EXPECT_EQ(names(report, Verdict::fail), std::vector<std::string>{});
  EXPECT_EQ(names(report, Verdict::warn), std::vector<std::string>{});
  EXPECT_EQ(report.status(), 0);
  EXPECT_EQ(report.cpus, "2-3");
  EXPECT_EQ(report.origin, "the isolated CPUs");
}

TEST(TunedX86Host, SuitsAVmOnItsIsolatedCpus) {
  const TunedX86 host;
  const Report report = host.report(two_vcpus());
  EXPECT_EQ(names(report, Verdict::fail), std::vector<std::string>{});
  EXPECT_EQ(host.value("vm-placement", two_vcpus()), "2 vCPU, each FIFO on a CPU of its own");
  EXPECT_EQ(host.value("hugepages", two_vcpus()), "wanted 2 of 1024 MiB, free 4 on node0");
}

TEST(TunedX86Host, DoesNotSuitAVmElsewhere) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.vcpus[0].cpus = *CpuList::parse("1");
  EXPECT_EQ(host.value("isolated-cpus", vm), "2-3, not 1");
  EXPECT_EQ(host.verdict("isolated-cpus", vm), "FAIL");
  EXPECT_EQ(host.verdict("nohz-full", vm), "FAIL");
  EXPECT_EQ(host.verdict("workqueue-cpumask", vm), "WARN");
  EXPECT_EQ(host.verdict("irq-default-affinity", vm), "WARN");
}

TEST(TunedX86Host, DoesNotSuitAVmThatIsTooBig) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.memory = 8_GiB;
  EXPECT_EQ(host.verdict("hugepages", vm), "FAIL");
}

TEST(TunedX86Host, DoesNotSuitAVmWhoseVcpusShare) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.vcpus[1].cpus = *CpuList::parse("2");
  EXPECT_EQ(host.value("vm-placement", vm), "vcpus 0 and 1 share CPU 2");
  vm.vcpus.erase(1);
  EXPECT_EQ(host.value("vm-placement", vm), "vcpu 1 has no CPU");
  EXPECT_EQ(host.verdict("vm-placement", vm), "FAIL");
}

TEST(TunedX86Host, RefusesAVmThatWantsACpuItLacks) {
  const TunedX86 dir;
  VmConfig vm = two_vcpus();
  vm.vcpus[0].cpus = *CpuList::parse("9");
  const Host host = dir.read();
  const auto target = target_of(host, vm);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().text, "this VM wants cpu 9, which the host lacks (online: 0-3)");
  EXPECT_EQ(target.error().blame, Blame::usage);
}

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
  EXPECT_EQ(host.verdict("apic-virtualization"), "PASS");
  EXPECT_EQ(host.value("preemption-timer"), "Intel's");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "AVIC");
  EXPECT_EQ(host.delivery(event::assigned_msi).mechanism, "AMD IOMMU, guest APIC mode (AVIC)");
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
  EXPECT_EQ(host.value("smi-count"), "7 since power-on");
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
  for (const char* name : {"preempt-rt", "isolated-cpus", "nohz-full", "rt-throttling",
                           "rlimit-rtprio", "clocksource", "tsc-invariant"})
    EXPECT_EQ(row_of(report, name).verdict, Verdict::fail) << name;
  for (const char* name :
       {"kernel-version", "managed-irqs", "rcu-nocbs", "rlimit-memlock", "busy-threads",
        "irqbalance", "irq-affinity", "cpuidle", "cpufreq-governor", "cpufreq-range", "boost",
        "hugepages", "transparent-hugepages", "swap", "nmi-watchdog", "smt-siblings",
        "apic-virtualization"})
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

TEST(UntunedDebian, DeliversThroughTheEmulatedApic) {
  const UntunedX86 host;
  EXPECT_EQ(host.delivery(event::timer).mechanism, "VMX preemption timer");
  EXPECT_EQ(host.delivery(event::ipi).mechanism, "emulated APIC");
  EXPECT_EQ(host.delivery(event::assigned_msi).exits, "1-2");
}

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

TEST(Arm64WithDefaultWfiPolicy, Fails) {
  const TunedArm64 host;
  host.has("proc/cmdline",
           "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 skew_tick=1 nosoftlockup\n");
  host.has("takt/kernel-log", "kvm [1]: VHE mode initialized successfully\n");
  EXPECT_EQ(host.verdict("wfi-policy"), "FAIL");
  EXPECT_EQ(host.verdict("wfe-policy"), "PASS");  // alone on its CPU a WFE does not exit
  EXPECT_EQ(host.delivery(event::idle).mechanism, "WFI exits");
  EXPECT_EQ(host.delivery(event::idle).exits, "1");
  EXPECT_EQ(host.report().status(), 1);
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

TEST(HostWithoutKvm, FailsAndDeliversNothing) {
  const TunedX86 host;
  host.has("takt/kvm", "problem open /dev/kvm: No such file or directory\n");
  EXPECT_EQ(host.verdict("kvm"), "FAIL");
  EXPECT_EQ(host.value("kvm"), "open /dev/kvm: No such file or directory");
  EXPECT_EQ(host.verdict("kvm-needed"), "n.a.");
  EXPECT_EQ(host.delivery(event::timer).mechanism, "none: no KVM");
  EXPECT_EQ(host.report().status(), 1);
}

TEST(HostOfWhichNothingIsKnown, IsApprovedInNothing) {
  for (const char* machine : {"x86_64", "aarch64"}) {
    TestHost host;
    host.has("takt/machine", machine);
    EXPECT_EQ(names(host.report(), Verdict::pass), std::vector<std::string>{}) << machine;
  }
}

TEST(EachRow, SaysWhyAndWhatToDo) {
  const TunedX86 x86;
  const TunedArm64 arm64;
  for (const Report& report : {x86.report(), arm64.report()})
    for (const Row& row : report.rows) {
      EXPECT_FALSE(row.why.empty() || row.fix.empty() || row.value.empty()) << row.name;
      EXPECT_EQ(std::ranges::count(report.rows, row.name, &Row::name), 1) << row.name;
      EXPECT_FALSE(row.fix.contains('@')) << row.name;
    }
}

TEST(Json, ParsesAndHasEachRow) {
  const UntunedX86 host;
  const Report report = host.report();
  const auto json = nlohmann::json::parse(to_json(report), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["host"]["machine"], "x86_64");
  EXPECT_EQ(json["rows"].size(), report.rows.size());
  EXPECT_EQ(json["summary"]["fail"], report.count(Verdict::fail));
  EXPECT_EQ(json["delivery"].size(), 7u);
  EXPECT_EQ(json["rows"][0]["name"], "preempt-rt");
  EXPECT_EQ(json["rows"][0]["verdict"], "FAIL");
}

TEST(Text, FitsIn120ColumnsAndBeginsWithWhatFails) {
  const UntunedX86 host;
  const std::string text = to_text(host.report(), false);
  for (const std::string_view line : lines_of(text)) EXPECT_LE(line.size(), 120u) << line;
  EXPECT_TRUE(lines_of(text)[1].starts_with("FAIL ("));
  EXPECT_FALSE(text.contains('\x1b'));
}

TEST(Text, HasColourOnlyWhenAsked) {
  const UntunedX86 host;
  EXPECT_TRUE(to_text(host.report(), true).contains("\x1b[1;31mFAIL\x1b[0m"));
}

TEST(Text, NothingThatAFileSaysReachesTheTerminal) {
  const TunedX86 host;
  host.has("sys/devices/system/clocksource/clocksource0/current_clocksource", "\x1b[2J\xff\n");
  EXPECT_EQ(host.value("clocksource"), "?[2J?");
}

TEST(RecordedHost, MustBeADirectoryOfAKnownMachine) {
  const auto none = recorded_host("/nonexistent");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().text, "root: /nonexistent is not a directory");
  EXPECT_EQ(none.error().blame, Blame::usage);
  TestHost host;
  EXPECT_FALSE(recorded_host(host.root()));
  host.has("takt/machine", "riscv64\n");
  EXPECT_FALSE(recorded_host(host.root()));
}

}  // namespace
}  // namespace takt::check
