// SPDX-License-Identifier: Apache-2.0
// Who else runs on the CPUs: a look at one moment.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <set>

#include "check/thread_list.h"
#include "check/topic.h"
#include "host/arm_host.h"

namespace takt::check {
namespace {

constexpr Item busy{"busy-threads",
                    "a thread that wants the CPU delays the vCPU, or is starved by it",
                    "taskset -pc @rest TID, or CPUAffinity=@rest in /etc/systemd/system.conf"};
constexpr Item stray{"stray-threads", "an ordinary thread that may run on the CPU does so some day",
                     "CPUAffinity=@rest in /etc/systemd/system.conf, isolcpus=domain,@cpus"};
constexpr Item helpers{
    "kernel-thread-priorities",
    "a vCPU at or above ksoftirqd, ktimers or rcuc starves them, and RCU with them",
    "a vCPU that spins needs a CPU without timers and callbacks (nohz_full, rcu_nocbs)"};
constexpr Item irq_threads{"irq-threads",
                           "FIFO 50 threads of device interrupts may preempt the vCPU",
                           "echo @rest > /proc/irq/N/smp_affinity_list: the thread follows"};
constexpr Item workqueues{"workqueue-cpumask", "unbound kernel work runs where this mask allows",
                          "write the mask of CPUs @rest to /sys/devices/virtual/workqueue/cpumask"};
constexpr Item irqbalance{"irqbalance",
                          "irqbalance moves interrupts back to CPUs that it thinks idle",
                          "systemctl disable --now irqbalance, or IRQBALANCE_BANNED_CPULIST=@cpus"};

/// The kernel's own threads that belong to a CPU, "name/3".
bool is_per_cpu(const HostThread& thread) { return thread.kernel && thread.allowed.count() == 1; }

bool is_helper(const HostThread& thread) {
  if (!thread.kernel) return false;
  for (const char* start : {"ksoftirqd/", "ktimers/", "rcuc/", "rcub/"})
    if (thread.name.starts_with(start)) return true;
  return false;
}

/// A workqueue's rescuer: runs only when memory is so short that no worker can be made.
bool is_rescuer(const HostThread& thread) {
  return thread.kernel && thread.name.starts_with("kworker/R-");
}

std::string shown(const HostThread& thread) {
  return fmt::format("{} ({})", thread.name, thread.tid);
}

std::vector<std::string> select(const std::vector<HostThread>& threads, auto wanted) {
  std::vector<std::string> names;
  for (const HostThread& thread : threads)
    if (wanted(thread)) names.push_back(shown(thread));
  return names;
}

void judge_names(Topic& topic, const Item& item, const std::vector<std::string>& names) {
  topic.judge(item, names.empty(), Verdict::warn,
              names.empty() ? "none" : fmt::format("{}: {}", names.size(), some_of(names)));
}

int least_vcpu_priority(const Target& target) {
  int least = 100;
  if (target.vm)
    for (const auto& [id, p] : target.vm->vcpus)
      if (p.policy != Policy::other) least = std::min(least, p.priority);
  return least == 100 ? arm_host::irq_thread_priority : least;
}

void add_helpers(Topic& topic, const std::vector<HostThread>& threads) {
  std::set<std::string> seen;
  int most = 0;
  for (const HostThread& thread : threads) {
    if (!is_helper(thread) || common(thread.allowed, topic.target.cpus).count() == 0) continue;
    const std::string_view name = std::string_view{thread.name}.substr(0, thread.name.find('/'));
    seen.insert(thread.priority > 0 ? fmt::format("{} FIFO {}", name, thread.priority)
                                    : fmt::format("{} OTHER", name));
    most = std::max(most, thread.priority);
  }
  if (seen.empty()) return topic.na(helpers, "none seen");
  const int vcpu = least_vcpu_priority(topic.target);
  topic.judge(helpers, most < vcpu, Verdict::warn,
              fmt::format("{}; vCPU {}", some_of({seen.begin(), seen.end()}), vcpu));
}

void add_irqbalance(Topic& topic, const std::vector<HostThread>& threads) {
  const bool runs = std::ranges::any_of(
      threads, [](const HostThread& t) { return !t.kernel && t.name == "irqbalance"; });
  if (!runs) return topic.pass(irqbalance, "does not run");
  // It leaves isolated and nohz_full CPUs alone by itself since 1.0.8.
  const auto isolated = topic.files.cpus("sys/devices/system/cpu/isolated");
  const bool knows = isolated && topic.target.cpus.first_not_in(*isolated) < 0;
  topic.judge(irqbalance, knows, Verdict::warn,
              knows ? "runs, and leaves isolated CPUs alone" : "runs");
}

void add_workqueues(Topic& topic) {
  const auto mask = topic.files.cpu_mask("sys/devices/virtual/workqueue/cpumask");
  if (!mask) return topic.na(workqueues, mask.error().text);
  topic.judge(workqueues, common(*mask, topic.target.cpus).count() == 0, Verdict::warn,
              fmt::format("CPUs {}", mask->text()));
}

bool is_irq(const HostThread& thread) { return thread.kernel && thread.name.starts_with("irq/"); }

bool may_run_here(const Topic& topic, const HostThread& thread) {
  return common(thread.allowed, topic.target.cpus).count() > 0;
}

void add_busy(Topic& topic, const std::vector<HostThread>& threads) {
  const int self = ::getpid();
  judge_names(topic, busy, select(threads, [&](const HostThread& t) {
                return t.state == 'R' && topic.target.cpus.contains(std::clamp(t.cpu, 0, 1023)) &&
                       t.pid != self;
              }));
}

void add_stray(Topic& topic, const std::vector<HostThread>& threads) {
  if (!topic.target.set_aside) return topic.na(stray, "no CPU is set aside");
  const int self = ::getpid();
  judge_names(topic, stray, select(threads, [&](const HostThread& t) {
                return may_run_here(topic, t) && !is_per_cpu(t) && !is_irq(t) && !is_rescuer(t) &&
                       t.pid != self && t.name != "takt";
              }));
}

void add_irq_threads(Topic& topic, const std::vector<HostThread>& threads) {
  if (!topic.target.set_aside) return topic.na(irq_threads, "no CPU is set aside");
  judge_names(topic, irq_threads, select(threads, [&](const HostThread& t) {
                return is_irq(t) && may_run_here(topic, t);
              }));
}

}  // namespace

std::vector<Row> thread_rows(const Host& host, const Target& target) {
  Topic topic{"threads", host, target};
  add_workqueues(topic);
  const auto threads = host_threads(host.files);
  if (!threads) {
    for (const Item* item : {&busy, &stray, &helpers, &irq_threads, &irqbalance})
      topic.na(*item, threads.error().text);
    return std::move(topic).rows();
  }
  for (const auto add : {add_busy, add_stray, add_irq_threads, add_helpers, add_irqbalance})
    add(topic, *threads);
  return std::move(topic).rows();
}

}  // namespace takt::check
