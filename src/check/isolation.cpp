// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "check/kernel_list.h"
#include "check/topic.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

constexpr Item isolated{
    "isolated-cpus",
    "the scheduler's load balancer puts other threads on a CPU that is not isolated",
    "boot with isolcpus=managed_irq,domain,@cpus"};
constexpr Item managed_irq{"managed-irqs",
                           "queues of NVMe and network devices get an interrupt on every CPU",
                           "boot with isolcpus=managed_irq,domain,@cpus"};
constexpr Item nohz_full{"nohz-full", "the scheduler's tick interrupts the guest HZ times a second",
                         "boot with nohz_full=@cpus"};
constexpr Item rcu_nocbs{"rcu-nocbs", "RCU callbacks of the whole host may run on the CPU",
                         "boot with rcu_nocbs=@cpus (nohz_full= implies it)"};
constexpr Item soft_lockup{"soft-lockup-watchdog",
                           "its FIFO 99 thread and its timer run on each CPU",
                           "boot with nosoftlockup, or sysctl kernel.soft_watchdog=0"};
constexpr Item skew_tick{"skew-tick",
                         "ticks of all CPUs at the same moment fight for the same locks",
                         "boot with skew_tick=1"};

/// Those of the target's CPUs that are not in `list`, as a verdict and words.
void covers(Topic& topic, const Item& item, const CpuList& list, Verdict bad) {
  CpuList left;
  for (const int cpu : numbers(topic.target.cpus))
    if (!list.contains(cpu)) left.add(cpu);
  std::string value = list.count() == 0 ? "none" : list.text();
  if (left.count() > 0 && list.count() > 0) value += fmt::format(", not {}", left.text());
  topic.judge(item, left.count() == 0, bad, value);
}

/// FAIL: what is put on the CPU behind a busy FIFO vCPU gets it by the fair server, or by RT
/// throttling, for up to 50 ms in a second.
void add_isolated(Topic& topic) {
  const auto boot = topic.files.cpus("sys/devices/system/cpu/isolated");
  const auto cpuset = topic.files.cpus("sys/fs/cgroup/cpuset.cpus.isolated");
  if (!boot && !cpuset) return topic.na(isolated, boot.error().text);
  CpuList both = boot.value_or(CpuList{});
  for (const int cpu : numbers(cpuset.value_or(CpuList{}))) both.add(cpu);
  covers(topic, isolated, both, Verdict::fail);
}

void add_managed_irqs(Topic& topic) {
  const std::string value = linux_host::kernel_parameter(topic.files, "isolcpus");
  const bool on = split_flags(value).flags.contains("managed_irq");
  topic.judge(managed_irq, on, Verdict::warn,
              value.empty() ? "no isolcpus= on the command line" : "isolcpus=" + value);
}

/// WARN and not FAIL: a tick takes microseconds, and with PREEMPT_RT these have a bound.
void add_nohz_full(Topic& topic) {
  const auto list = topic.files.cpus("sys/devices/system/cpu/nohz_full");
  if (!list) return topic.na(nohz_full, list.error().text);
  covers(topic, nohz_full, *list, Verdict::warn);
}

void add_rcu_nocbs(Topic& topic) {
  const std::string value = linux_host::kernel_parameter(topic.files, "rcu_nocbs");
  const auto nohz = topic.files.cpus("sys/devices/system/cpu/nohz_full");
  CpuList all = nohz.value_or(CpuList{});
  if (!value.empty()) {
    const CpuList online = online_cpus(topic.files);
    const auto list = kernel_list(value, numbers(online).back() + 1);
    if (!list)
      return topic.add(rcu_nocbs, Verdict::fail, fmt::format("rcu_nocbs={} is no list", value));
    for (const int cpu : numbers(*list)) all.add(cpu);
  }
  covers(topic, rcu_nocbs, all, Verdict::warn);
}

void add_soft_lockup(Topic& topic) {
  if (linux_host::has_kernel_word(topic.files, "nosoftlockup") ||
      linux_host::has_kernel_word(topic.files, "nowatchdog"))
    return topic.pass(soft_lockup, "off at boot");
  const auto on = topic.files.number("proc/sys/kernel/soft_watchdog");
  if (!on) return topic.na(soft_lockup, on.error().text);
  if (*on == 0) return topic.pass(soft_lockup, "off");
  const auto where = topic.files.cpus("proc/sys/kernel/watchdog_cpumask");
  const bool elsewhere = where && common(*where, topic.target.cpus).count() == 0;
  topic.judge(soft_lockup, elsewhere, Verdict::warn,
              where ? fmt::format("on, CPUs {}", where->text()) : "on");
}

void add_skew_tick(Topic& topic) {
  const std::string value = linux_host::kernel_parameter(topic.files, "skew_tick");
  if (value == "1") return topic.pass(skew_tick, "1");
  const int online = online_cpus(topic.files).count();
  topic.judge(skew_tick, online == 1, Verdict::warn,
              online == 1 ? "off, and one CPU has nobody to fight" : "off");
}

}  // namespace

std::vector<Row> isolation_rows(const Host& host, const Target& target) {
  Topic topic{"isolation", host, target};
  add_isolated(topic);
  if (!host.files.exists("proc/cmdline")) {
    for (const Item* item : {&managed_irq, &rcu_nocbs, &skew_tick})
      topic.na(*item, "/proc/cmdline: No such file or directory");
  } else {
    add_managed_irqs(topic);
    add_rcu_nocbs(topic);
    add_skew_tick(topic);
  }
  add_nohz_full(topic);
  add_soft_lockup(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
