// SPDX-License-Identifier: Apache-2.0
#include "check/test_host.h"

namespace takt::check {
namespace {

constexpr std::string_view config_rt =
    "CONFIG_NO_HZ_FULL=y\nCONFIG_RCU_NOCB_CPU=y\nCONFIG_CPU_ISOLATION=y\n"
    "CONFIG_HIGH_RES_TIMERS=y\n# CONFIG_KASAN is not set\n";

constexpr std::string_view kvm_x86 =
    "capability 0 1\ncapability 25 4096\ncapability 32 1\ncapability 36 1\ncapability 72 1\n"
    "capability 81 1\ncapability 82 1\ncapability 121 1\ncapability 129 3\ncapability 136 1\n"
    "capability 143 15\ncapability 182 1\ncapability 203 1\ncapability 236 1\n";

constexpr std::string_view kvm_arm64 =
    "capability 0 1\ncapability 25 4096\ncapability 32 1\ncapability 36 1\ncapability 81 1\n"
    "capability 82 1\ncapability 131 1\ncapability 136 1\ncapability 165 48\ncapability 182 1\n"
    "capability 203 1\ncapability 216 1\ncapability 236 1\ndevice 7 1\ndevice 8 1\n";

/// proc/PID/task/PID: `flags` 0x200000 is a thread of the kernel's.
void has_thread(const TestHost& host, int id, const std::string& name, const std::string& state,
                bool kernel, int priority, const std::string& cpus, int cpu = 0) {
  const std::string directory = "proc/" + std::to_string(id) + "/task/" + std::to_string(id);
  std::string stat = std::to_string(id) + " (" + name + ") " + state + " 0 0 0 0 -1 " +
                     (kernel ? "2097152" : "4194304");
  for (int field = 10; field < 39; ++field) stat += " 0";
  stat += " " + std::to_string(cpu) + " " + std::to_string(priority) + " 0\n";
  host.has(directory + "/stat", stat);
  host.has(directory + "/status", "Name:\tx\nCpus_allowed_list:\t" + cpus + "\n");
}

void has_nodes(const TestHost& host) {
  host.has("sys/devices/system/node/node0/cpulist", "0-3\n");
  host.has("sys/devices/system/node/node0/hugepages/hugepages-1048576kB/nr_hugepages", "4\n");
  host.has("sys/devices/system/node/node0/hugepages/hugepages-1048576kB/free_hugepages", "4\n");
}

}  // namespace

TunedHost::TunedHost() {
  has("proc/version", "Linux version 6.12.12-amd64 #1 SMP PREEMPT_RT Debian\n");
  has("proc/sys/kernel/osrelease", "6.12.12\n");
  has("boot/config-6.12.12", config_rt);
  has("proc/cmdline", "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 skew_tick=1 nosoftlockup\n");
  has("sys/devices/system/cpu/online", "0-3\n");
  has("sys/devices/system/cpu/isolated", "2-3\n");
  has("sys/devices/system/cpu/nohz_full", "2-3\n");
  has("proc/sys/kernel/sched_rt_runtime_us", "-1\n");
  for (const char* cpu : {"cpu2", "cpu3"})
    has(std::string{"sys/kernel/debug/sched/fair_server/"} + cpu + "/runtime", "0\n");
  has("proc/self/limits",
      "Limit  Soft Limit  Hard Limit  Units\nMax locked memory  unlimited  unlimited  bytes\n"
      "Max realtime priority  99  99\n");
  has("proc/self/status", "Name:\ttakt\nCapEff:\t0000000000000000\n");
  has("proc/self/cgroup", "0::/user.slice/a.scope\n");
  has("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
  has("sys/devices/virtual/workqueue/cpumask", "3\n");
  has_thread(*this, 1, "systemd", "S", false, 0, "0-1");
  has_thread(*this, 30, "ktimers/2", "S", true, 1, "2", 2);
  has_thread(*this, 31, "ksoftirqd/2", "S", true, 0, "2", 2);
  has_thread(*this, 40, "irq/24-nvme0q0", "S", true, 50, "0-1");
  has("proc/interrupts",
      "           CPU0       CPU1       CPU2       CPU3\n"
      " 24:     100        0          0          0   IR-PCI-MSIX-0000:01:00.0    0-edge      "
      "nvme0q0\n"
      "LOC:  1  2  3  4   Local timer interrupts\n");
  has("proc/irq/24/effective_affinity_list", "0\n");
  has("proc/irq/24/smp_affinity_list", "0-1\n");
  has("proc/irq/default_smp_affinity", "3\n");
  each_cpu(4, "cpuidle/state0/name", "POLL\n");
  each_cpu(4, "cpuidle/state0/latency", "0\n");
  each_cpu(4, "cpuidle/state0/disable", "0\n");
  each_cpu(4, "cpuidle/state1/name", "C6\n");
  each_cpu(4, "cpuidle/state1/latency", "133\n");
  each_cpu(4, "cpuidle/state1/disable", "1\n");
  has("dev/cpu_dma_latency", std::string_view{"\0\0\0\0", 4});
  each_cpu(4, "cpufreq/scaling_governor", "performance\n");
  each_cpu(4, "cpufreq/scaling_driver", "cppc_cpufreq\n");
  each_cpu(4, "cpufreq/scaling_min_freq", "2000000\n");
  each_cpu(4, "cpufreq/scaling_max_freq", "2000000\n");
  has("sys/devices/system/cpu/cpufreq/boost", "0\n");
  has_nodes(*this);
  has("sys/kernel/mm/transparent_hugepage/enabled", "always madvise [never]\n");
  has("sys/kernel/mm/ksm/run", "0\n");
  has("proc/sys/kernel/numa_balancing", "0\n");
  has("proc/swaps", "Filename Type Size Used Priority\n");
  has("proc/sys/vm/stat_interval", "10\n");
  has("proc/sys/vm/compaction_proactiveness", "0\n");
  has("proc/sys/kernel/timer_migration", "1\n");
  has("proc/sys/kernel/nmi_watchdog", "0\n");
  has("proc/sys/kernel/watchdog_cpumask", "0-1\n");
  has("proc/sys/kernel/hung_task_timeout_secs", "600\n");
  for (int cpu = 0; cpu < 4; ++cpu)
    has("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list",
        std::to_string(cpu) + "\n");
  each_cpu(2, "cache/index3/shared_cpu_list", "0-1\n");
  for (const char* cpu : {"cpu2", "cpu3"})
    has(std::string{"sys/devices/system/cpu/"} + cpu + "/cache/index3/shared_cpu_list", "2-3\n");
  has("sys/module/kvm/parameters/halt_poll_ns", "0\n");
  has("sys/module/vfio_iommu_type1/parameters/allow_unsafe_interrupts", "N\n");
  has("dev/iommu", "");
}

TunedX86::TunedX86() {
  has("takt/machine", "x86_64\n");
  has("takt/kvm", kvm_x86);
  has("proc/cpuinfo",
      "vendor_id\t: GenuineIntel\nflags\t\t: constant_tsc nonstop_tsc tsc_known_freq tsc_adjust "
      "x2apic monitor\nvmx flags\t: apicv posted_intr ipi_virt\n");
  has("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
  for (const char* on : {"enable_apicv", "enable_ipiv", "preemption_timer"})
    has(std::string{"sys/module/kvm_intel/parameters/"} + on, "Y\n");
  has("sys/module/kvm_intel/parameters/ple_gap", "0\n");
  has("sys/module/kvm_intel/parameters/vmentry_l1d_flush", "not required\n");
  has("sys/module/kvm/parameters/pi_inject_timer", "1\n");
  has("sys/module/kvm/parameters/lapic_timer_advance", "Y\n");
  for (const char* off : {"kvmclock_periodic_sync", "nx_huge_pages", "mitigate_smt_rsb"})
    has(std::string{"sys/module/kvm/parameters/"} + off, "N\n");
  has("sys/class/iommu/dmar0/intel-iommu/cap", "8d2008c40660462\n");  // bit 59
  has("sys/devices/system/machinecheck/machinecheck0/ignore_ce", "1\n");
  has("dev/cpu/2/msr", std::string(0x34 + 8, '\0'));
}

UntunedX86::UntunedX86() {
  has("takt/machine", "x86_64\n");
  has("takt/kvm", kvm_x86);
  has("proc/version", "Linux version 6.1.0-40-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.1.153-1\n");
  has("proc/sys/kernel/osrelease", "6.1.0-40-amd64\n");
  has("boot/config-6.1.0-40-amd64", config_rt);
  has("proc/cmdline", "BOOT_IMAGE=/boot/vmlinuz-6.1.0-40-amd64 root=UUID=x ro quiet\n");
  has("sys/devices/system/cpu/online", "0-3\n");
  has("sys/devices/system/cpu/isolated", "\n");
  has("sys/devices/system/cpu/nohz_full", "  (null)\n");
  has("proc/sys/kernel/sched_rt_runtime_us", "950000\n");
  has("proc/self/limits",
      "Max locked memory  8388608  8388608  bytes\nMax realtime priority  0  0\n");
  has("proc/self/status", "CapEff:\t0000000000000000\n");
  has("proc/self/cgroup", "0::/\n");
  has("proc/interrupts",
      "           CPU0       CPU1       CPU2       CPU3\n"
      " 24:     100  7  8  9   PCI-MSI 327680-edge      xhci_hcd\n");
  has("proc/irq/24/smp_affinity_list", "0-3\n");
  has("proc/irq/default_smp_affinity", "f\n");
  has_thread(*this, 1, "systemd", "S", false, 0, "0-3");
  has_thread(*this, 700, "irqbalance", "S", false, 0, "0-3");
  has_thread(*this, 800, "a (b) c", "R", false, 0, "0-3", 3);
  each_cpu(4, "cpuidle/state1/name", "C6\n");
  each_cpu(4, "cpuidle/state1/latency", "133\n");
  each_cpu(4, "cpuidle/state1/disable", "0\n");
  each_cpu(4, "cpufreq/scaling_governor", "powersave\n");
  each_cpu(4, "cpufreq/scaling_driver", "intel_pstate\n");
  each_cpu(4, "cpufreq/scaling_min_freq", "800000\n");
  each_cpu(4, "cpufreq/scaling_max_freq", "4600000\n");
  has("sys/devices/system/cpu/intel_pstate/no_turbo", "0\n");
  has("sys/devices/system/node/node0/cpulist", "0-3\n");
  has("sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n");
  has("proc/swaps", "Filename Type Size Used Priority\n/dev/sda5 partition 1 0 -2\n");
  has("proc/sys/kernel/nmi_watchdog", "1\n");
  for (const char* cpu : {"cpu0", "cpu2"})
    has(std::string{"sys/devices/system/cpu/"} + cpu + "/topology/thread_siblings_list", "0,2\n");
  for (const char* cpu : {"cpu1", "cpu3"})
    has(std::string{"sys/devices/system/cpu/"} + cpu + "/topology/thread_siblings_list", "1,3\n");
  has("proc/cpuinfo", "vendor_id\t: GenuineIntel\nflags\t\t: constant_tsc x2apic\n");
  has("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
  has("sys/module/kvm_intel/parameters/enable_apicv", "N\n");
  has("sys/module/kvm_intel/parameters/preemption_timer", "Y\n");
  has("sys/module/kvm/parameters/pi_inject_timer", "0\n");
  has("takt/unreadable", "sys/kernel/mm/ksm/run\t/sys/kernel/mm/ksm/run: Permission denied\n");
}

TunedArm64::TunedArm64() {
  has("proc/sys/kernel/timer_migration", "0\n");
  has("takt/machine", "aarch64\n");
  has("takt/kvm", kvm_arm64);
  has("proc/cmdline",
      "isolcpus=managed_irq,domain,2-3 nohz_full=2-3 skew_tick=1 nosoftlockup "
      "kvm-arm.vgic_v4_enable=1 kvm-arm.wfi_trap_policy=notrap kvm-arm.wfe_trap_policy=notrap\n");
  has("takt/kernel-log",
      "[    0.000000] ITS@0x0000000008080000: Using GICv4 mode 00000000 00000000\n"
      "[    0.000000] psci: PSCIv1.1 detected in firmware.\n"
      "[    0.000000] arch_timer: cp15 timer(s) running at 62.50MHz (phys).\n"
      "[    0.500000] kvm [1]: GICv4 support enabled\n"
      "[    0.500000] kvm [1]: VHE mode initialized successfully\n");
  has("proc/interrupts",
      "           CPU0       CPU1       CPU2       CPU3\n"
      " 11:     1  2  3  4   GICv3  27 Level     arch_timer\n"
      " 13:     0  0  0  0   GICv3  23 Level     arm-pmu\n"
      " 24:     100 0 0 0   ITS-PCI-MSIX-0000:00:01.0  0-edge      nvme0q0\n");
  has("sys/devices/system/clocksource/clocksource0/current_clocksource", "arch_sys_counter\n");
  has("sys/class/iommu/smmu3.0x0000000009050000/uevent", "");
  has("sys/devices/system/cpu/cpuidle/current_driver", "none\n");
  each_cpu(4, "regs/identification/midr_el1", "0x00000000410fd493\n");
  for (const char* size : {"64", "2048", "32768", "1048576"})
    has(std::string{"sys/kernel/mm/hugepages/hugepages-"} + size + "kB/nr_hugepages", "0\n");
}

}  // namespace takt::check
