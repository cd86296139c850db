// SPDX-License-Identifier: Apache-2.0
// What only arm64 hosts are asked. Compiled and tested on every machine.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/gic_arm64.h"
#include "check/idle_states.h"
#include "check/irq_list.h"
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
constexpr Item errata{"timer-errata", "a work-around reads the counter several times, or by a trap",
                      "none: a fault of this CPU"};
constexpr Item smmu{"smmu",
                    "a device can be assigned only behind an SMMU, its MSIs through the ITS",
                    "SMMUv3 on in the firmware"};
constexpr Item psci{"psci-idle", "deeper states are entered by the firmware and cost its time",
                    "cpupower -c @cpus idle-set -D 1, or cpuidle.off=1 at boot"};
constexpr Item cores{"core-types", "a vCPU on a little core is slower, and its PMU another one",
                     "choose CPUs of one type"};
constexpr Item firmware{"firmware-calls", "SDEI and secure partitions interrupt the kernel unseen",
                        "firmware without SDEI; rtla hwnoise -c @cpus shows the rest"};
constexpr Item pseudo_nmi{"pseudo-nmi",
                          "pseudo-NMIs make every masking of interrupts a write to the GIC",
                          "boot without irqchip.gicv3_pseudo_nmi=1"};
constexpr Item pmu{"pmu-interrupt", "the guest's PMU is a private interrupt: 23, on GICv5 no other",
                   "none: the firmware's table says it"};
constexpr Item granule{
    "page-granule",
    "with pages of 16K or 64K a huge page of 2M is many entries of a table, no block",
    "a kernel with CONFIG_ARM64_4K_PAGES"};

void add_gic(Topic& topic, const Gic& found) {
  if (found.version == 0)
    topic.na(gic, "neither /proc/interrupts nor KVM tells it");
  else
    topic.judge(gic, found.version >= 3, Verdict::warn, found.text);
  if (found.version == 0)
    topic.na(its, "no GIC found");
  else
    topic.judge(its, found.its, Verdict::warn, found.its ? "present" : "none seen");
  const std::string boot = linux_host::kernel_parameter(topic.files, "kvm-arm.vgic_v4_enable");
  const bool asked = boot == "1" || boot == "y" || boot == "Y" || boot == "on";
  if (found.v4_enabled)
    topic.pass(gicv4, "enabled");
  else if (found.v4)
    topic.add(gicv4, Verdict::warn,
              asked ? "asked for, not enabled" : "the host has it, KVM does not use it");
  else if (!topic.host.kernel_log)
    topic.na(gicv4, topic.host.kernel_log.error().text + (asked ? "; asked for at boot" : ""));
  else
    topic.add(gicv4, asked ? Verdict::warn : Verdict::na,
              asked ? "asked for, no GICv4 seen" : "no GICv4 seen");
  if (found.v41)
    topic.judge(
        vsgi, found.v4_enabled, Verdict::warn,
        found.v4_enabled ? "the guest sees nASSGIcap" : "the host has it, KVM does not use it");
  else
    topic.na(vsgi, "no GICv4.1 seen");
}

void add_policies(Topic& topic, const Gic& found) {
  const bool cmdline = topic.files.exists("proc/cmdline");
  for (const Item* item : {&wfi, &wfe}) {
    const bool is_wfi = item == &wfi;
    if (!cmdline) {
      topic.na(*item, "/proc/cmdline: No such file or directory");
      continue;
    }
    const std::string value = linux_host::kernel_parameter(
        topic.files, is_wfi ? "kvm-arm.wfi_trap_policy" : "kvm-arm.wfe_trap_policy");
    const std::string text =
        is_wfi ? arm_host::wfi_policy_text(topic.files) : arm_host::wfe_policy_text(topic.files);
    // The default does not trap a WFE, nor with GICv4 a WFI, of a thread that is alone on its CPU.
    const bool fair = value.empty() && (!is_wfi || found.v4_enabled);
    const Verdict bad = fair || !is_wfi ? Verdict::warn : Verdict::fail;
    const bool good = value == "notrap" || (fair && !is_wfi && topic.target.set_aside);
    topic.judge(*item, good, bad, text);
  }
}

/// Rows that only the kernel's log tells.
void add_from_log(Topic& topic) {
  const std::string asked = linux_host::kernel_parameter(topic.files, "kvm-arm.mode");
  if (!topic.host.kernel_log) {
    const std::string& reason = topic.host.kernel_log.error().text;
    if (!asked.empty() && asked != "nested" && asked != "vhe")
      topic.add(mode, Verdict::warn, "kvm-arm.mode=" + asked);
    else
      topic.na(mode, reason);
    for (const Item* item : {&traps, &errata, &firmware}) topic.na(*item, reason);
    return;
  }
  const std::string& log = *topic.host.kernel_log;
  const auto any = [&](std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view w) { return log.contains(w); });
  };
  if (any({"VHE mode initialized"}) && !any({"nVHE mode initialized", "Protected"}))
    topic.pass(mode, "VHE");
  else if (any({"nVHE", "Protected", "Hyp mode initialized"}))
    topic.add(mode, Verdict::warn, any({"Protected"}) ? "protected" : "nVHE");
  else
    topic.na(mode, "the kernel's log no longer has it");
  const bool complete = any({"kvm ["});
  if (any({"sysreg trapping enabled", "reduced performance"}))
    topic.add(traps, Verdict::warn, "KVM traps the GIC's system registers");
  else if (complete)
    topic.pass(traps, "none");
  else
    topic.na(traps, "the kernel's log no longer has it");
  if (any({"arch_timer: Enabling"}))
    topic.add(errata, Verdict::warn, "the kernel works around an erratum");
  else if (any({"arch_timer"}))
    topic.pass(errata, "none");
  else
    topic.na(errata, "the kernel's log no longer has it");
  if (any({"sdei:"}))
    topic.add(firmware, Verdict::warn, "SDEI");
  else if (any({"psci:"}))
    topic.pass(firmware, "PSCI, no SDEI");
  else
    topic.na(firmware, "the kernel's log no longer has it");
}

void add_smmu(Topic& topic) {
  const auto units = topic.files.list("sys/class/iommu");
  if (!units) return topic.na(smmu, units.error().text);
  std::vector<std::string> found;
  for (const auto& unit : *units)
    if (unit.starts_with("smmu3")) found.push_back(unit);
  topic.judge(smmu, !found.empty(), Verdict::warn, found.empty() ? "none" : some_of(found));
}

void add_psci_idle(Topic& topic) {
  const auto driver = topic.files.line("sys/devices/system/cpu/cpuidle/current_driver");
  if (!driver) return topic.na(psci, driver.error().text);
  if (*driver == "none") return topic.pass(psci, "no cpuidle driver: WFI only");
  const auto states = enabled_idle_states(topic.files, topic.target.cpus);
  if (!states) return topic.na(psci, states.error().text);
  std::vector<std::string> deep;
  for (const IdleState& state : *states)
    if (state.name != "WFI" && !state.name.starts_with("LPI-0")) deep.push_back(state.name);
  topic.judge(psci, deep.empty(), Verdict::warn,
              deep.empty() ? fmt::format("WFI only ({})", *driver)
                           : fmt::format("{} ({})", some_of(deep), *driver));
}

void add_cores(Topic& topic) {
  std::set<std::string> types;
  for (const int cpu : numbers(topic.target.cpus)) {
    const auto midr = topic.files.line(
        fmt::format("sys/devices/system/cpu/cpu{}/regs/identification/midr_el1", cpu));
    if (!midr) return topic.na(cores, midr.error().text);
    types.insert(*midr);
  }
  topic.judge(cores, types.size() == 1, Verdict::warn,
              fmt::format("{} (MIDR {})", types.size() == 1 ? "one" : std::to_string(types.size()),
                          some_of({types.begin(), types.end()})));
}

void add_pseudo_nmi(Topic& topic) {
  const std::string value = linux_host::kernel_parameter(topic.files, "irqchip.gicv3_pseudo_nmi");
  const bool on = !value.empty() && value != "0" && value != "n" && value != "N" && value != "off";
  topic.judge(pseudo_nmi, !on, Verdict::warn, on ? "on" : "off");
}

void add_pmu(Topic& topic) {
  const auto irqs = host_irqs(topic.files);
  if (!irqs) return topic.na(pmu, irqs.error().text);
  for (const HostIrq& irq : irqs->irqs) {
    if (!irq.action.contains("pmu")) continue;
    const auto words = words_of(irq.chip);
    const std::string number{words.size() > 1 ? words[1] : "?"};
    return topic.judge(pmu, irq.per_cpu, Verdict::warn,
                       fmt::format("{} {}", irq.per_cpu ? "private" : "shared", number));
  }
  topic.na(pmu, "no PMU interrupt in use");
}

void add_granule(Topic& topic) {
  const auto sizes = topic.files.list("sys/kernel/mm/hugepages");
  if (!sizes) return topic.na(granule, sizes.error().text);
  const auto has = [&](std::string_view name) {
    return std::ranges::find(*sizes, name) != sizes->end();
  };
  // The sizes that each granule makes (Linux, arch/arm64/mm/hugetlbpage.c).
  const bool k4 = has("hugepages-64kB");
  const std::string_view text = k4                          ? "4K"
                                : has("hugepages-524288kB") ? "64K"
                                : has("hugepages-32768kB")  ? "16K"
                                                            : "";
  if (text.empty()) return topic.na(granule, "no huge page sizes");
  topic.judge(granule, k4, Verdict::warn, text);
}

}  // namespace

std::vector<Row> arm64_rows(const Host& host, const Target& target) {
  Topic topic{"arm64", host, target};
  const Gic found = gic_of(host);
  add_gic(topic, found);
  add_policies(topic, found);
  add_from_log(topic);
  add_smmu(topic);
  add_psci_idle(topic);
  add_cores(topic);
  if (host.files.exists("proc/cmdline"))
    add_pseudo_nmi(topic);
  else
    topic.na(pseudo_nmi, "/proc/cmdline: No such file or directory");
  add_pmu(topic);
  add_granule(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
