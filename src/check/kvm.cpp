// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <span>

#include "check/capability.h"
#include "check/topic.h"

namespace takt::check {
namespace {

constexpr Item device{"kvm", "without KVM there is no VM",
                      "enable virtualization in the firmware; modprobe kvm_intel or kvm_amd; "
                      "usermod -aG kvm USER"};
constexpr Item needed{"kvm-needed", "takt cannot run without them",
                      "a kernel with all of KVM built in"};
constexpr Item useful{"kvm-useful", "each takes an exit, or a wait, off the real-time path",
                      "a newer kernel, or one with the option built in"};
constexpr Item idle_exits{
    "kvm-idle-exits", "a guest that idles without an exit wakes up without the host's scheduler",
    "x86: kvm.mitigate_smt_rsb=0; arm64: kvm-arm.wfi_trap_policy=notrap"};
constexpr Item halt_poll{"kvm-halt-poll",
                         "polling keeps the CPU for a halted vCPU, and from best-effort ones",
                         "takt run --halt-poll-ns NS for each VM"};
constexpr Item hwlat{
    "firmware-noise", "SMIs and secure firmware stop a CPU unseen by the kernel",
    "rtla hwnoise -c @cpus -d 10m, or echo hwlat > /sys/kernel/tracing/current_tracer"};
constexpr Item firmware{
    "firmware-settings", "the firmware decides about SMT, C-states, turbo, SMIs and the IOMMU",
    "off: SMT, C-states beyond C1, turbo, USB legacy, power capping; on: VT-d or "
    "AMD-Vi or SMMU, x2APIC"};

struct Named {
  int number;
  std::string_view name;
};

constexpr std::array<Named, 6> needed_by_all{{{cap::irqchip, "irqchip"},
                                              {cap::irq_routing, "irq-routing"},
                                              {cap::irqfd, "irqfd"},
                                              {cap::ioeventfd, "ioeventfd"},
                                              {cap::immediate_exit, "immediate-exit"},
                                              {cap::readonly_mem, "readonly-memory"}}};
constexpr std::array<Named, 3> useful_to_all{{{cap::irqfd_resample, "irqfd-resample"},
                                              {cap::halt_poll, "halt-poll"},
                                              {cap::binary_stats_fd, "statistics"}}};
constexpr std::array<Named, 4> useful_to_x86{{{cap::split_irqchip, "split-irqchip"},
                                              {cap::x2apic_api, "x2apic-api"},
                                              {cap::tsc_deadline_timer, "tsc-deadline"},
                                              {cap::pre_fault_memory, "pre-fault-memory"}}};
constexpr std::array<Named, 2> useful_to_arm64{
    {{cap::arm_vm_ipa_size, "ipa-size"}, {cap::arm_system_suspend, "system-suspend"}}};

void judge_missing(Topic& topic, const Item& item, std::span<const Named> wanted, Verdict bad,
                   std::vector<std::string> missing = {}) {
  for (const auto& [number, name] : wanted)
    if (topic.host.kvm.capability(number) == 0) missing.emplace_back(name);
  topic.judge(item, missing.empty(), bad,
              missing.empty() ? "all" : "missing: " + some_of(missing, 9));
}

void add_useful(Topic& topic) {
  const bool arm64 = topic.host.arch() == Arch::arm64;
  const std::span<const Named> own =
      arm64 ? std::span<const Named>{useful_to_arm64} : std::span<const Named>{useful_to_x86};
  std::vector<Named> wanted{useful_to_all.begin(), useful_to_all.end()};
  wanted.insert(wanted.end(), own.begin(), own.end());
  std::vector<std::string> missing;
  if (arm64 && !topic.host.kvm.device(device_type::vgic_its).value_or(true))
    missing.emplace_back("its");
  judge_missing(topic, useful, wanted, Verdict::warn, std::move(missing));
}

void add_idle_exits(Topic& topic) {
  if (topic.host.arch() == Arch::arm64)
    return topic.na(idle_exits, "arm64 has none for each VM: see wfi-policy");
  const int mask = topic.host.kvm.capability(cap::x86_disable_exits);
  std::vector<std::string> names;
  static constexpr std::array<Named, 5> bits{
      {{1, "mwait"}, {2, "hlt"}, {4, "pause"}, {8, "cstate"}, {16, "aperfmperf"}}};
  for (const auto& [bit, name] : bits)
    if ((mask & bit) != 0) names.emplace_back(name);
  const bool hlt = (mask & 2) != 0;
  topic.judge(idle_exits, hlt, Verdict::warn,
              names.empty() ? "none can be disabled" : some_of(names));
}

void add_halt_poll(Topic& topic) {
  const auto ns = topic.files.number("sys/module/kvm/parameters/halt_poll_ns");
  const bool per_vm = topic.host.kvm.capability(cap::halt_poll) != 0;
  if (!ns) return topic.na(halt_poll, ns.error().text);
  topic.judge(halt_poll, per_vm, Verdict::warn,
              fmt::format("{} ns, {} for each VM", *ns, per_vm ? "can be set" : "cannot be set"));
}

/// The hwlat tracer's result, when someone has run it.
void add_hwlat(Topic& topic) {
  const auto tracer = topic.files.line("sys/kernel/tracing/current_tracer");
  if (!tracer) return topic.na(hwlat, tracer.error().text);
  if (*tracer != "hwlat") return topic.na(hwlat, "not measured (the hwlat tracer is not in use)");
  const auto us = topic.files.number("sys/kernel/tracing/tracing_max_latency");
  if (!us) return topic.na(hwlat, us.error().text);
  topic.judge(hwlat, *us <= 10, Verdict::warn, fmt::format("at most {} us", *us));
}

}  // namespace

std::vector<Row> kvm_rows(const Host& host, const Target& target) {
  Topic topic{"kvm", host, target};
  const std::string& problem = host.kvm.problem;
  topic.judge(device, problem.empty(), Verdict::fail, problem.empty() ? "/dev/kvm" : problem);
  if (problem.empty()) {
    judge_missing(topic, needed, needed_by_all, Verdict::fail);
    add_useful(topic);
    add_idle_exits(topic);
  } else {
    for (const Item* item : {&needed, &useful, &idle_exits}) topic.na(*item, "no KVM to ask");
  }
  add_halt_poll(topic);
  add_hwlat(topic);
  topic.na(firmware, "Linux cannot read them");
  return std::move(topic).rows();
}

}  // namespace takt::check
