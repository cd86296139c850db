// SPDX-License-Identifier: Apache-2.0
// What only x86 hosts are asked. Compiled and tested on every machine.
#include <fmt/format.h>

#include <cstring>

#include "check/idle_states.h"
#include "check/posted_timer.h"
#include "check/posting_x86.h"
#include "check/topic.h"
#include "host/linux_host.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr Item tsc{"tsc-invariant",
                   "KVM on PREEMPT_RT refuses a TSC that changes its rate or stops",
                   "another machine; under a hypervisor: its invariant-TSC option"};
constexpr Item tsc_frequency{"tsc-frequency", "a calibrated frequency differs from boot to boot",
                             "tsc_early_khz= at boot, if the data sheet names it"};
constexpr Item tsc_watchdog{"tsc-watchdog", "the clocksource watchdog interrupts each CPU in turn",
                            "boot with tsc=nowatchdog (tsc=reliable)"};
constexpr Item apicv{"apic-virtualization",
                     "without it each interrupt and each end of one is an exit",
                     "kvm_intel.enable_apicv=Y, or kvm_amd.avic=1"};
constexpr Item ipiv{"ipi-virtualization", "without it each IPI that a vCPU sends is an exit",
                    "kvm_intel.enable_ipiv=Y, or kvm_amd.enable_ipiv=Y (new CPUs only)"};
constexpr Item hv_timer{"preemption-timer", "without it the guest's timer is a timer of the host's",
                        "kvm_intel.preemption_timer=Y"};
constexpr Item ple{
    "pause-loop-exiting", "a guest that spins is stopped on a CPU that it has for itself",
    "kvm_intel.ple_gap=0, kvm_amd.pause_filter_count=0, or takt run --disable-exits pause"};
constexpr Item posted{"posted-timer", "another CPU can post the timer: its expiry is then no exit",
                      "nohz_full= at boot, APICv on, takt run --disable-exits hlt"};
constexpr Item advance{"timer-advance", "the timer is armed earlier by the time that an exit takes",
                       "kvm.lapic_timer_advance=Y"};
constexpr Item kvmclock{"kvmclock-sync", "every 5 minutes it stops each vCPU to set its clock anew",
                        "kvm.kvmclock_periodic_sync=0"};
constexpr Item nx{"nx-huge-pages", "a thread splits huge pages, and zaps them again each hour",
                  "kvm.nx_huge_pages=off, or kvm.nx_huge_pages_recovery_ratio=0"};
constexpr Item smt_rsb{"mitigate-smt-rsb", "when on, HLT and MWAIT exits cannot be disabled",
                       "kvm.mitigate_smt_rsb=0, or nosmt"};
constexpr Item l1d{"l1d-flush", "flushing the cache at each entry costs microseconds",
                   "kvm_intel.vmentry_l1d_flush=never, if nobody else runs on the core"};
constexpr Item posting{"posted-interrupts",
                       "a device's MSI reaches the running guest without an exit",
                       "intremap=on at boot, VT-d or AMD-Vi on in the firmware, APICv or AVIC on"};
constexpr Item split_lock{"split-lock",
                          "a split lock stops the memory bus; 'warn' stops its thread 10 ms",
                          "sysctl kernel.split_lock_mitigate=0, or split_lock_detect=off"};
constexpr Item cstates{"cstate-limit", "a limit at boot holds whatever is written to cpuidle later",
                       "intel_idle.max_cstate=1 processor.max_cstate=1 at boot"};
constexpr Item mce{"machine-check-poll",
                   "correctable errors are polled for on each CPU every 5 minutes",
                   "boot with mce=ignore_ce"};
constexpr Item x2apic{"x2apic", "without it an IPI of the host's is a slow write to memory",
                      "boot without nox2apic, x2APIC on in the firmware"};
constexpr Item smi{"smi-count", "an SMI stops all CPUs, for as long as the firmware likes",
                   "modprobe msr; firmware settings, newer firmware; rtla hwnoise"};
constexpr Item apic_timer{"apic-timer-virtualization",
                          "the guest then arms and gets its timer without any exit",
                          "a CPU and a kernel that have it (kvm_intel.enable_apic_timer_virt)"};

/// A parameter of a module that is Y or N.
void add_switch(Topic& topic, const Item& item, std::string_view file, bool wanted,
                Verdict bad = Verdict::warn) {
  topic.word(
      item, fmt::format("sys/module/{}", file),
      [&](std::string_view v) { return (v == "Y" || v == "1") == wanted; }, bad);
}

void add_tsc(Topic& topic) {
  const std::string flags = x86_host::cpu_flags(topic.files);
  if (flags.empty()) {
    for (const Item* item : {&tsc, &tsc_frequency, &tsc_watchdog, &x2apic})
      topic.na(*item, "/proc/cpuinfo tells no flags");
    return;
  }
  const bool invariant = x86_host::tsc_is_invariant(topic.files);
  topic.judge(tsc, invariant, Verdict::fail, invariant ? "constant, never stops" : "not invariant");
  const bool known = flags.contains(" tsc_known_freq ");
  topic.judge(tsc_frequency, known, Verdict::warn,
              known ? "told by the CPU" : "calibrated at boot");
  const std::string option = linux_host::kernel_parameter(topic.files, "tsc");
  const bool quiet = option == "nowatchdog" || option == "reliable";
  // Linux drops the watchdog by itself where TSC_ADJUST lets it see that nobody wrote the TSC.
  const bool trusted =
      flags.contains(" tsc_reliable ") || (invariant && flags.contains(" tsc_adjust "));
  topic.judge(tsc_watchdog, quiet || trusted, Verdict::warn,
              quiet     ? "off (tsc=" + option + ")"
              : trusted ? "off (the TSC can be trusted)"
                        : "on");
  const bool off = linux_host::has_kernel_word(topic.files, "nox2apic");
  const bool has = flags.contains(" x2apic ");
  topic.judge(x2apic, has && !off, Verdict::warn, off ? "nox2apic" : has ? "yes" : "no");
}

void add_virtual_apic(Topic& topic) {
  const auto intel = topic.files.line("sys/module/kvm_intel/parameters/enable_apicv");
  const auto amd = topic.files.line("sys/module/kvm_amd/parameters/avic");
  if (!intel && !amd) {
    topic.na(apicv, "neither kvm_intel nor kvm_amd tells it");
  } else {
    topic.judge(apicv, x86_host::has_apicv(topic.files), Verdict::warn,
                intel ? "kvm_intel.enable_apicv=" + *intel : "kvm_amd.avic=" + *amd);
  }
  const std::string vendor = intel ? "kvm_intel" : "kvm_amd";
  add_switch(topic, ipiv, vendor + "/parameters/enable_ipiv", true);
  if (amd && !intel) return topic.na(hv_timer, "Intel's");
  add_switch(topic, hv_timer, "kvm_intel/parameters/preemption_timer", true);
}

void add_kvm_parameters(Topic& topic) {
  const bool amd = topic.files.exists("sys/module/kvm_amd");
  topic.number(ple,
               amd ? "sys/module/kvm_amd/parameters/pause_filter_count"
                   : "sys/module/kvm_intel/parameters/ple_gap",
               [](std::int64_t n) { return n == 0; });
  const PostedTimer timer = posted_timer(topic.host);
  if (!timer.known)
    topic.na(posted, timer.why);
  else
    topic.judge(posted, timer.on, Verdict::warn, timer.why);
  if (const auto ns = topic.files.number("sys/module/kvm/parameters/lapic_timer_advance_ns"))
    topic.judge(advance, *ns != 0, Verdict::warn, fmt::format("{} ns (-1: adapts)", *ns));
  else
    add_switch(topic, advance, "kvm/parameters/lapic_timer_advance", true);
  add_switch(topic, kvmclock, "kvm/parameters/kvmclock_periodic_sync", false);
  const auto ratio = topic.files.number("sys/module/kvm/parameters/nx_huge_pages_recovery_ratio");
  if (ratio && *ratio == 0 && x86_host::module_switch(topic.files, "kvm/parameters/nx_huge_pages"))
    topic.pass(nx, "Y, but pages are never zapped again (recovery ratio 0)");
  else
    add_switch(topic, nx, "kvm/parameters/nx_huge_pages", false);
  add_switch(topic, smt_rsb, "kvm/parameters/mitigate_smt_rsb", false);
  if (amd) return topic.na(l1d, "Intel's");
  topic.word(l1d, "sys/module/kvm_intel/parameters/vmentry_l1d_flush",
             [](std::string_view v) { return v == "never" || v == "not required"; });
}

void add_posting(Topic& topic) {
  const Posting p = device_posting(topic.host);
  if (!p.known) return topic.na(posting, p.why);
  topic.judge(posting, p.on, Verdict::warn, p.why);
}

void add_split_lock(Topic& topic) {
  const std::string option = linux_host::kernel_parameter(topic.files, "split_lock_detect");
  if (option == "off") return topic.pass(split_lock, "split_lock_detect=off");
  const std::string flags = x86_host::cpu_flags(topic.files);
  if (!flags.contains(" split_lock_detect ") && !flags.contains(" bus_lock_detect "))
    return topic.na(split_lock, "this CPU does not detect them");
  topic.number(split_lock, "proc/sys/kernel/split_lock_mitigate",
               [](std::int64_t n) { return n == 0; });
}

void add_cstate_limit(Topic& topic) {
  for (const char* key : {"intel_idle.max_cstate", "processor.max_cstate", "idle"}) {
    const std::string value = linux_host::kernel_parameter(topic.files, key);
    if (value == "0" || value == "1" || value == "poll" || value == "halt")
      return topic.pass(cstates, fmt::format("{}={}", key, value));
  }
  const auto states = enabled_idle_states(topic.files, topic.target.cpus);
  if (!states) return topic.na(cstates, states.error().text);
  bool deep = false;
  for (const IdleState& state : *states) deep |= state.latency_us > harmless_idle_us;
  topic.judge(cstates, !deep, Verdict::warn, deep ? "none at boot" : "none at boot, none needed");
}

void add_mce(Topic& topic) {
  if (linux_host::kernel_parameter(topic.files, "mce") == "ignore_ce" ||
      linux_host::kernel_parameter(topic.files, "mce") == "off")
    return topic.pass(mce, "mce=" + linux_host::kernel_parameter(topic.files, "mce"));
  constexpr std::string_view directory = "sys/devices/system/machinecheck/machinecheck0";
  if (topic.files.number(fmt::format("{}/ignore_ce", directory)).value_or(0) == 1)
    return topic.pass(mce, "ignore_ce=1");
  const auto interval = topic.files.line(fmt::format("{}/check_interval", directory));
  if (!interval) return topic.na(mce, interval.error().text);
  topic.judge(mce, *interval == "0", Verdict::warn, fmt::format("every {} s", *interval));
}

/// IA32 MSR_SMI_COUNT (Intel SDM vol. 4), of the first CPU.
void add_smi(Topic& topic) {
  if (!x86_host::cpu_flags(topic.files, "vendor_id").contains("GenuineIntel"))
    return topic.na(smi, "only Intel CPUs count them");
  const int cpu = numbers(topic.target.cpus).front();
  const auto bytes = topic.files.read_at(fmt::format("dev/cpu/{}/msr", cpu), 0x34, 8);
  if (!bytes) return topic.na(smi, bytes.error().text);
  std::uint32_t count = 0;  // the upper half is reserved
  std::memcpy(&count, bytes->data(), sizeof count);
  topic.judge(smi, count == 0, Verdict::warn, fmt::format("{} since power-on", count));
}

void add_apic_timer(Topic& topic) {
  const auto on = topic.files.line("sys/module/kvm_intel/parameters/enable_apic_timer_virt");
  if (!on) return topic.na(apic_timer, "this kernel does not know it");
  topic.judge(apic_timer, *on == "Y", Verdict::warn, *on);
}

}  // namespace

std::vector<Row> x86_rows(const Host& host, const Target& target) {
  Topic topic{"x86", host, target};
  add_tsc(topic);
  add_virtual_apic(topic);
  add_apic_timer(topic);
  add_kvm_parameters(topic);
  add_posting(topic);
  add_split_lock(topic);
  add_cstate_limit(topic);
  add_mce(topic);
  add_smi(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
