// SPDX-License-Identifier: Apache-2.0
// What KVM does on an x86 host. Compiled and tested on every machine.
#include <fmt/format.h>

#include "check/posted_timer.h"
#include "check/posting_x86.h"
#include "check/topic.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr Item apicv{"apic-virtualization",
                     "without it each interrupt and each end of one is an exit",
                     "kvm_intel.enable_apicv=Y, or kvm_amd.avic=1 on a CPU with x2AVIC"};
constexpr Item ipiv{"ipi-virtualization", "without it each IPI that a vCPU sends is an exit",
                    "kvm_intel.enable_ipiv=Y, or kvm_amd.enable_ipiv=Y (new CPUs only)"};
constexpr Item tertiary{"tertiary-controls",
                        "IPI virtualization, and later the guest's own timer, are among them",
                        "a newer CPU"};
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

void add_apicv(Topic& topic) {
  const auto intel = topic.files.line("sys/module/kvm_intel/parameters/enable_apicv");
  const auto amd = topic.files.line("sys/module/kvm_amd/parameters/avic");
  if (!intel && !amd) return topic.na(apicv, "neither kvm_intel nor kvm_amd tells it");
  if (intel)
    return topic.judge(apicv, x86_host::has_apicv(topic.files), Verdict::warn,
                       "kvm_intel.enable_apicv=" + *intel);
  // takt's guests have an x2APIC: an AVIC without x2AVIC leaves its registers to exits.
  const bool x2avic = x86_host::cpu_flags(topic.files).contains(" x2avic ");
  const bool on = x86_host::has_apicv(topic.files);
  topic.judge(apicv, on && x2avic, Verdict::warn,
              "kvm_amd.avic=" + *amd + (on && !x2avic ? ", but the CPU has no x2AVIC" : ""));
}

/// AVIC had no parameter for it before Linux 6.17: it was part of AVIC.
void add_ipiv(Topic& topic) {
  if (!topic.files.exists("sys/module/kvm_amd"))
    return add_switch(topic, ipiv, "kvm_intel/parameters/enable_ipiv", true);
  if (!topic.files.exists("sys/module/kvm_amd/parameters/enable_ipiv") &&
      x86_host::has_apicv(topic.files))
    return topic.pass(ipiv, "part of AVIC");
  add_switch(topic, ipiv, "kvm_amd/parameters/enable_ipiv", true);
}

/// The VMX controls that Linux names in /proc/cpuinfo (arch/x86/include/asm/vmxfeatures.h): IPI
/// virtualization is the first of the tertiary ones.
void add_tertiary(Topic& topic) {
  const std::string flags = x86_host::cpu_flags(topic.files, "vmx flags");
  if (flags.empty()) return topic.na(tertiary, "this CPU has no VMX");
  const bool there = flags.contains(" ipi_virt ");
  topic.judge(tertiary, there, Verdict::warn, there ? "ipi_virt" : "none of them");
}

void add_hv_timer(Topic& topic) {
  if (topic.files.exists("sys/module/kvm_amd")) return topic.na(hv_timer, "Intel's");
  add_switch(topic, hv_timer, "kvm_intel/parameters/preemption_timer", true);
}

void add_apic_timer(Topic& topic) {
  const auto on = topic.files.line("sys/module/kvm_intel/parameters/enable_apic_timer_virt");
  if (!on) return topic.na(apic_timer, "this kernel does not know it");
  topic.judge(apic_timer, *on == "Y", Verdict::warn, *on);
}

void add_ple(Topic& topic) {
  topic.number(ple,
               topic.files.exists("sys/module/kvm_amd")
                   ? "sys/module/kvm_amd/parameters/pause_filter_count"
                   : "sys/module/kvm_intel/parameters/ple_gap",
               [](std::int64_t n) { return n == 0; });
}

void add_posted_timer(Topic& topic) {
  const PostedTimer timer = posted_timer(topic.host);
  if (!timer.known) return topic.na(posted, timer.why);
  topic.judge(posted, timer.on, Verdict::warn, timer.why);
}

/// A switch since Linux 6.12, before that the time itself.
void add_advance(Topic& topic) {
  const auto ns = topic.files.number("sys/module/kvm/parameters/lapic_timer_advance_ns");
  if (!ns) return add_switch(topic, advance, "kvm/parameters/lapic_timer_advance", true);
  topic.judge(advance, *ns != 0, Verdict::warn, fmt::format("{} ns (-1: adapts)", *ns));
}

void add_nx_huge_pages(Topic& topic) {
  const bool on = x86_host::module_switch(topic.files, "kvm/parameters/nx_huge_pages");
  const auto ratio = topic.files.number("sys/module/kvm/parameters/nx_huge_pages_recovery_ratio");
  if (on && ratio && *ratio == 0)
    return topic.pass(nx, "Y, but pages are never zapped again (recovery ratio 0)");
  add_switch(topic, nx, "kvm/parameters/nx_huge_pages", false);
}

void add_l1d(Topic& topic) {
  if (topic.files.exists("sys/module/kvm_amd")) return topic.na(l1d, "Intel's");
  topic.word(l1d, "sys/module/kvm_intel/parameters/vmentry_l1d_flush",
             [](std::string_view v) { return v == "never" || v == "not required"; });
}

void add_posting(Topic& topic) {
  const Posting p = device_posting(topic.host);
  if (!p.known) return topic.na(posting, p.why);
  topic.judge(posting, p.on, Verdict::warn, p.why);
}

}  // namespace

std::vector<Row> kvm_x86_rows(const Host& host, const Target& target) {
  Topic topic{"kvm on x86", host, target};
  add_apicv(topic);
  add_ipiv(topic);
  add_tertiary(topic);
  add_hv_timer(topic);
  add_apic_timer(topic);
  add_ple(topic);
  add_posted_timer(topic);
  add_advance(topic);
  add_switch(topic, kvmclock, "kvm/parameters/kvmclock_periodic_sync", false);
  add_nx_huge_pages(topic);
  add_switch(topic, smt_rsb, "kvm/parameters/mitigate_smt_rsb", false);
  add_l1d(topic);
  add_posting(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
