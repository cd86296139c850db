// SPDX-License-Identifier: Apache-2.0
// What the scheduler does to real-time threads, and what this user may ask of it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/kernel_config.h"
#include "check/kernel_options.h"
#include "check/topic.h"
#include "host/process_limits.h"

namespace takt::check {
namespace {

using process_limits::cap_ipc_lock;
using process_limits::cap_sys_nice;
using process_limits::has_capability;
using process_limits::limit;
using process_limits::own_group;

constexpr Item throttling{"rt-throttling",
                          "RT throttling stops a busy FIFO vCPU for 50 ms in each second",
                          "sysctl kernel.sched_rt_runtime_us=-1"};
constexpr Item fair_server{
    "fair-server",
    "waiting ordinary threads get 50 ms of each second before a FIFO vCPU (Linux 6.12)",
    "for each of CPUs @cpus: echo 0 > /sys/kernel/debug/sched/fair_server/cpuN/runtime"};
constexpr Item rt_priority{"rlimit-rtprio", "a vCPU thread needs a real-time priority",
                           "CAP_SYS_NICE, or 'rtprio 99' in /etc/security/limits.conf"};
constexpr Item memlock{"rlimit-memlock", "guest memory that is not locked can be paged out",
                       "CAP_IPC_LOCK, or 'memlock unlimited' in /etc/security/limits.conf"};
constexpr Item group_sched{
    "cgroup-rt", "with RT_GROUP_SCHED a control group without a budget has no FIFO threads",
    "boot with rt_group_sched=0, or give the group cpu.rt_runtime_us"};
constexpr Item cpuset{"cgroup-cpuset",
                      "a CPU outside the control group's cpuset is refused to its threads",
                      "add CPUs @cpus to cpuset.cpus of this group and of its parents"};
constexpr Item placement{
    "vm-placement", "a vCPU that shares its CPU, or may wander, waits for others",
    "[vcpu.N] cpu = \"ONE\", policy = \"fifo\", priority = 80, each its own CPU"};

void add_throttling(Topic& topic) {
  const auto runtime = topic.files.number("proc/sys/kernel/sched_rt_runtime_us");
  if (!runtime) return topic.na(throttling, runtime.error().text);
  // Since 6.12 the fair server does the work; the sysctl counts with RT_GROUP_SCHED only.
  const Verdict bad = topic.host.kernel_version() >= 612 ? Verdict::warn : Verdict::fail;
  topic.judge(throttling, *runtime == -1, bad, fmt::format("{}", *runtime));
}

void add_fair_server(Topic& topic) {
  const int version = topic.host.kernel_version();
  if (version != 0 && version < 612) return topic.na(fair_server, "this kernel has none");
  CpuList served;
  for (const int cpu : numbers(topic.target.cpus)) {
    const auto runtime =
        topic.files.number(fmt::format("sys/kernel/debug/sched/fair_server/cpu{}/runtime", cpu));
    if (!runtime) return topic.na(fair_server, runtime.error().text + " (needs root and debugfs)");
    if (*runtime != 0) served.add(cpu);
  }
  topic.judge(fair_server, served.count() == 0, Verdict::warn,
              served.count() == 0 ? "off" : fmt::format("on for CPUs {}", served.text()));
}

int wanted_priority(const Target& target) {
  int most = 1;
  if (!target.vm) return most;
  for (const auto& [id, p] : target.vm->vcpus) most = std::max(most, p.priority);
  for (const auto& [name, p] : target.vm->servers) most = std::max(most, p.priority);
  return most;
}

void add_limits(Topic& topic) {
  const auto limits = topic.files.read("proc/self/limits");
  if (has_capability(topic.files, cap_sys_nice).value_or(false)) {
    topic.pass(rt_priority, "CAP_SYS_NICE");
  } else if (const auto most = limits ? limit(*limits, "Max realtime priority") : std::nullopt) {
    topic.judge(rt_priority, *most < 0 || *most >= wanted_priority(topic.target), Verdict::fail,
                fmt::format("{}, wanted {}", *most, wanted_priority(topic.target)));
  } else {
    topic.na(rt_priority, limits ? "/proc/self/limits lacks it" : limits.error().text);
  }
  if (has_capability(topic.files, cap_ipc_lock).value_or(false)) {
    topic.pass(memlock, "CAP_IPC_LOCK");
  } else if (const auto most = limits ? limit(*limits, "Max locked memory") : std::nullopt) {
    const Verdict bad = topic.target.vm && is_on(topic.target.vm->mlock, *topic.target.vm)
                            ? Verdict::fail
                            : Verdict::warn;
    topic.judge(memlock, *most < 0, bad, *most < 0 ? "unlimited" : fmt::format("{} bytes", *most));
  } else {
    topic.na(memlock, limits ? "/proc/self/limits lacks it" : limits.error().text);
  }
}

void add_group_sched(Topic& topic) {
  if (const auto v1 = own_group(topic.files, "cpu"))
    if (const auto us = topic.files.number(
            fmt::format("sys/fs/cgroup/cpu{}/cpu.rt_runtime_us", *v1 == "/" ? "" : *v1)))
      return topic.judge(group_sched, *us != 0, Verdict::fail,
                         fmt::format("cpu.rt_runtime_us = {}", *us));
  const auto config = KernelConfig::read(topic.files);
  if (!config) return topic.na(group_sched, config.error().text);
  const bool on = config->on(rt_group_sched);
  topic.judge(group_sched, !on, Verdict::warn, on ? "RT_GROUP_SCHED is set" : "not restricted");
}

void add_cpuset(Topic& topic) {
  const auto cpus = process_limits::cpuset(topic.files);
  if (!cpus)
    return topic.na(cpuset, own_group(topic.files, "")
                                ? "no cpuset controller"
                                : "/proc/self/cgroup does not tell a cgroup v2");
  topic.judge(cpuset, topic.target.cpus.first_not_in(*cpus) < 0, Verdict::fail, cpus->text());
}

void add_placement(Topic& topic) {
  if (!topic.target.vm) return topic.na(placement, "no VM given (--for VM.TOML)");
  const VmConfig& vm = *topic.target.vm;
  std::vector<std::string> faults;
  std::map<int, std::uint32_t> owner;
  for (std::uint32_t id = 0; id < vm.cpus; ++id) {
    const auto it = vm.vcpus.find(id);
    if (it == vm.vcpus.end() || !it->second.cpus) {
      faults.push_back(fmt::format("vcpu {} has no CPU", id));
      continue;
    }
    const Placement& p = it->second;
    if (p.cpus->count() > 1)
      faults.push_back(fmt::format("vcpu {} has CPUs {}", id, p.cpus->text()));
    if (p.policy == Policy::other) faults.push_back(fmt::format("vcpu {} is not FIFO", id));
    for (const int cpu : numbers(*p.cpus))
      if (const auto [other, fresh] = owner.emplace(cpu, id); !fresh)
        faults.push_back(fmt::format("vcpus {} and {} share CPU {}", other->second, id, cpu));
  }
  topic.judge(placement, faults.empty(), Verdict::fail,
              faults.empty() ? fmt::format("{} vCPU, each FIFO on a CPU of its own", vm.cpus)
                             : some_of(faults));
}

}  // namespace

std::vector<Row> scheduling_rows(const Host& host, const Target& target) {
  Topic topic{"scheduling", host, target};
  add_throttling(topic);
  add_fair_server(topic);
  add_limits(topic);
  add_group_sched(topic);
  add_cpuset(topic);
  add_placement(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
