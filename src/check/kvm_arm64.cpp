// SPDX-License-Identifier: Apache-2.0
// What KVM and the interrupt controller do on an arm64 host. Compiled and tested on every machine.
#include "check/gic_arm64.h"
#include "check/topic.h"
#include "host/arm_host.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

constexpr Item gic{"gic", "it decides which interrupts reach a guest without an exit",
                   "a machine with GICv3 and ITS or later"};
constexpr Item its{"its", "MSIs of assigned devices need the host's ITS", "a machine with an ITS"};
constexpr Item gicv4{"gicv4",
                     "an assigned device's MSI then reaches the running guest without an exit",
                     "boot with kvm-arm.vgic_v4_enable=1 (vCPUs FIFO above 50 on PREEMPT_RT)"};
constexpr Item vsgi{"vsgi", "with GICv4.1 an IPI reaches the running guest without an exit",
                    "a GICv4.1 machine, kvm-arm.vgic_v4_enable=1"};
constexpr Item wfi{
    "wfi-policy", "a WFI that exits puts the vCPU to sleep: wake-up through the host's scheduler",
    "boot with kvm-arm.wfi_trap_policy=notrap (Linux 6.12), and a CPU for each vCPU"};
constexpr Item wfe{"wfe-policy", "a WFE that exits makes each contended lock of the guest an exit",
                   "boot with kvm-arm.wfe_trap_policy=notrap (Linux 6.12)"};
constexpr Item mode{"kvm-mode", "nVHE and protected KVM switch the whole EL1 state at each exit",
                    "boot without kvm-arm.mode=, on a CPU with VHE (Armv8.1)"};
constexpr Item traps{"gic-traps",
                     "when the GIC's registers trap, each interrupt costs several exits",
                     "none: a fault of this CPU that KVM works around"};
void add_gic(Topic& topic, const Gic& found) {
  if (found.version == 0) {
    topic.na(gic, "neither /proc/interrupts nor KVM tells it");
    return topic.na(its, "no GIC found");
  }
  topic.judge(gic, found.version >= 3, Verdict::warn, found.text);
  topic.judge(its, found.its, Verdict::warn, found.its ? "present" : "none seen");
}

void add_gicv4(Topic& topic, const Gic& found) {
  const std::string boot = linux_host::kernel_parameter(topic.files, "kvm-arm.vgic_v4_enable");
  const bool asked = boot == "1" || boot == "y" || boot == "Y" || boot == "on";
  if (found.v4_enabled) return topic.pass(gicv4, "enabled");
  if (found.v4)
    return topic.add(gicv4, Verdict::warn,
                     asked ? "asked for, not enabled" : "the host has it, KVM does not use it");
  if (const auto& log = topic.host.kernel_log; !log)
    return topic.na(gicv4, log.error().text + (asked ? "; asked for at boot" : ""));
  topic.add(gicv4, asked ? Verdict::warn : Verdict::na,
            asked ? "asked for, no GICv4 seen" : "no GICv4 seen");
}

void add_vsgi(Topic& topic, const Gic& found) {
  if (!found.v41) return topic.na(vsgi, "no GICv4.1 seen");
  topic.judge(
      vsgi, found.v4_enabled, Verdict::warn,
      found.v4_enabled ? "the guest sees nASSGIcap" : "the host has it, KVM does not use it");
}

/// WARN and not FAIL: the wake-up through the host's scheduler costs microseconds, with PREEMPT_RT
/// within a bound.
void add_wfi(Topic& topic) {
  if (const auto cmdline = topic.files.read("proc/cmdline"); !cmdline)
    return topic.na(wfi, cmdline.error().text);
  const std::string policy = linux_host::kernel_parameter(topic.files, "kvm-arm.wfi_trap_policy");
  topic.judge(wfi, policy == "notrap", Verdict::warn, arm_host::wfi_policy_text(topic.files));
}

/// The default does not trap a WFE of a thread that is alone on its CPU.
void add_wfe(Topic& topic) {
  if (const auto cmdline = topic.files.read("proc/cmdline"); !cmdline)
    return topic.na(wfe, cmdline.error().text);
  const std::string policy = linux_host::kernel_parameter(topic.files, "kvm-arm.wfe_trap_policy");
  const bool good = policy == "notrap" || (policy.empty() && topic.target.set_aside);
  topic.judge(wfe, good, Verdict::warn, arm_host::wfe_policy_text(topic.files));
}

/// What KVM said when it started (Linux, arch/arm64/kvm/arm.c): "VHE mode initialized", or "Hyp
/// nVHE", "Hyp hVHE", "Protected nVHE", "Protected hVHE".
std::string_view mode_in(std::string_view log) {
  if (log.contains("Protected")) return "protected";
  if (log.contains("hVHE mode initialized")) return "hVHE";
  if (log.contains("nVHE mode initialized") || log.contains("Hyp mode initialized")) return "nVHE";
  return log.contains("VHE mode initialized") ? "VHE" : "";
}

void add_mode(Topic& topic) {
  const std::string asked = linux_host::kernel_parameter(topic.files, "kvm-arm.mode");
  const auto& log = topic.host.kernel_log;
  const std::string_view found = log ? mode_in(*log) : "";
  if (!found.empty()) return topic.judge(mode, found == "VHE", Verdict::warn, found);
  if (asked == "nvhe" || asked == "protected")
    return topic.add(mode, Verdict::warn, "kvm-arm.mode=" + asked);
  topic.na(mode, log ? "the kernel's log no longer has it" : log.error().text);
}

void add_traps(Topic& topic) {
  const auto& log = topic.host.kernel_log;
  if (!log) return topic.na(traps, log.error().text);
  if (!log->contains("kvm [1]:")) return topic.na(traps, "the kernel's log no longer has it");
  const bool trapped = log->contains("sysreg trapping enabled");
  topic.judge(traps, !trapped, Verdict::warn,
              trapped ? "KVM traps the GIC's system registers" : "none");
}

}  // namespace

std::vector<Row> kvm_arm64_rows(const Host& host, const Target& target) {
  Topic topic{"kvm on arm64", host, target};
  const Gic found = gic_of(host);
  add_gic(topic, found);
  add_gicv4(topic, found);
  add_vsgi(topic, found);
  add_wfi(topic);
  add_wfe(topic);
  add_mode(topic);
  add_traps(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
