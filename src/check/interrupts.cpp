// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "check/irq_list.h"
#include "check/topic.h"

namespace takt::check {
namespace {

constexpr Item affinity{"irq-affinity", "each device interrupt on the CPU is an exit of the vCPU",
                        "echo @rest > /proc/irq/N/smp_affinity_list (irqaffinity=@rest at boot)"};
constexpr Item standard{"irq-default-affinity", "interrupts of drivers that load later go there",
                        "boot with irqaffinity=@rest"};
constexpr Item assigned{
    "assigned-irqs",
    "an assigned device's interrupt that is not posted is handled where its mask says",
    "echo CPU-OF-ITS-VCPU > /proc/irq/N/smp_affinity_list"};

/// Where an interrupt goes now: some controllers say it, others only have the mask of what is
/// allowed.
Result<CpuList> destination(const HostFiles& files, int number) {
  auto effective = files.cpus(fmt::format("proc/irq/{}/effective_affinity_list", number));
  if (effective && effective->count() > 0) return effective;
  return files.cpus(fmt::format("proc/irq/{}/smp_affinity_list", number));
}

struct Sorted {
  std::vector<std::string> came, may_come, assigned;
  bool assigned_astray = false;
  int unreadable = 0;
  std::string reason;
};

Sorted sort_irqs(Topic& topic, const HostIrqs& irqs) {
  Sorted sorted;
  for (const HostIrq& irq : irqs.irqs) {
    if (irq.per_cpu) continue;
    const auto where = destination(topic.files, irq.number);
    if (!where) {
      ++sorted.unreadable;
      sorted.reason = where.error().text;
      continue;
    }
    const bool here = common(*where, topic.target.cpus).count() > 0;
    const std::string shown = fmt::format("{} {}", irq.number, irq.action);
    if (irq.action.starts_with("vfio")) {
      sorted.assigned.push_back(fmt::format("{} on CPU {}", shown, where->text()));
      sorted.assigned_astray |= topic.target.set_aside && !here;
    } else if (here) {
      (irqs.count(irq, topic.target.cpus) > 0 ? sorted.came : sorted.may_come).push_back(shown);
    }
  }
  return sorted;
}

void add_affinity(Topic& topic, const Sorted& sorted) {
  if (!topic.target.set_aside)
    return topic.add(affinity, Verdict::warn, "no CPU is set aside: interrupts go to all");
  if (!sorted.came.empty())
    return topic.add(affinity, Verdict::fail,
                     fmt::format("{} came here: {}", sorted.came.size(), some_of(sorted.came)));
  if (!sorted.may_come.empty())
    return topic.add(
        affinity, Verdict::warn,
        fmt::format("{} may come: {}", sorted.may_come.size(), some_of(sorted.may_come)));
  if (sorted.unreadable > 0) return topic.na(affinity, sorted.reason);
  topic.pass(affinity, "no device interrupt goes there");
}

void add_assigned(Topic& topic, const Sorted& sorted) {
  if (sorted.assigned.empty()) return topic.na(assigned, "no assigned device has an interrupt");
  topic.judge(assigned, !sorted.assigned_astray, Verdict::warn, some_of(sorted.assigned));
}

}  // namespace

std::vector<Row> interrupt_rows(const Host& host, const Target& target) {
  Topic topic{"interrupts", host, target};
  if (const auto irqs = host_irqs(host.files)) {
    const Sorted sorted = sort_irqs(topic, *irqs);
    add_affinity(topic, sorted);
    add_assigned(topic, sorted);
  } else {
    topic.na(affinity, irqs.error().text);
    topic.na(assigned, irqs.error().text);
  }
  if (const auto mask = host.files.cpu_mask("proc/irq/default_smp_affinity")) {
    topic.judge(standard, common(*mask, target.cpus).count() == 0, Verdict::warn,
                fmt::format("CPUs {}", mask->text()));
  } else {
    topic.na(standard, mask.error().text);
  }
  return std::move(topic).rows();
}

}  // namespace takt::check
