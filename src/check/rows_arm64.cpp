// SPDX-License-Identifier: Apache-2.0
// What only arm64 hosts are asked: CPU, firmware, and what stands beside them. Compiled and tested
// on every machine.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "check/idle_states.h"
#include "check/irq_list.h"
#include "check/topic.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

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

/// Rows that only the kernel's log tells: `item` is bad when the log has `bad`, good when it has
/// `good`, and unknown when its ring no longer has either.
void add_from_log(Topic& topic, const Item& item, std::string_view bad, std::string_view is_bad,
                  std::string_view good, std::string_view is_good) {
  const auto& log = topic.host.kernel_log;
  if (!log) return topic.na(item, log.error().text);
  if (log->contains(bad)) return topic.add(item, Verdict::warn, is_bad);
  if (log->contains(good)) return topic.pass(item, is_good);
  topic.na(item, "the kernel's log no longer has it");
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
  if (const auto cmdline = topic.files.read("proc/cmdline"); !cmdline)
    return topic.na(pseudo_nmi, cmdline.error().text);
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
  add_from_log(topic, errata, "arch_timer: Enabling", "the kernel works around an erratum",
               "arch_timer", "none");
  add_from_log(topic, firmware, "sdei:", "SDEI", "psci:", "PSCI, no SDEI");
  add_smmu(topic);
  add_psci_idle(topic);
  add_cores(topic);
  add_pseudo_nmi(topic);
  add_pmu(topic);
  add_granule(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
