// SPDX-License-Identifier: Apache-2.0
// What the host grants to this user and this control group.
#include <fmt/format.h>

#include <algorithm>

#include "check/kernel_config.h"
#include "check/kernel_options.h"
#include "check/topic.h"
#include "host/process_limits.h"

namespace takt::check {
namespace {

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

/// -1: unlimited.
Result<std::int64_t> soft_limit(const HostFiles& files, std::string_view name) {
  TRY(const std::string limits, files.read("proc/self/limits"));
  if (const auto most = process_limits::limit(limits, name)) return *most;
  return env_error(fmt::format("/proc/self/limits does not tell '{}'", name));
}

int wanted_priority(const Target& target) {
  int most = 1;
  if (!target.vm) return most;
  for (const auto& [id, p] : target.vm->vcpus) most = std::max(most, p.priority);
  for (const auto& [name, p] : target.vm->servers) most = std::max(most, p.priority);
  return most;
}

void add_priority(Topic& topic) {
  if (process_limits::has_capability(topic.files, process_limits::cap_sys_nice).value_or(false))
    return topic.pass(rt_priority, "CAP_SYS_NICE");
  const auto most = soft_limit(topic.files, "Max realtime priority");
  if (!most) return topic.na(rt_priority, most.error().text);
  const int wanted = wanted_priority(topic.target);
  topic.judge(rt_priority, *most < 0 || *most >= wanted, Verdict::fail,
              fmt::format("{}, wanted {}", *most, wanted));
}

void add_memlock(Topic& topic) {
  if (process_limits::has_capability(topic.files, process_limits::cap_ipc_lock).value_or(false))
    return topic.pass(memlock, "CAP_IPC_LOCK");
  const auto most = soft_limit(topic.files, "Max locked memory");
  if (!most) return topic.na(memlock, most.error().text);
  const auto& vm = topic.target.vm;
  topic.judge(memlock, *most < 0, vm && is_on(vm->mlock, *vm) ? Verdict::fail : Verdict::warn,
              *most < 0 ? "unlimited" : fmt::format("{} bytes", *most));
}

void add_group_sched(Topic& topic) {
  if (const auto v1 = process_limits::own_group(topic.files, "cpu"))
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
    return topic.na(cpuset, process_limits::own_group(topic.files, "")
                                ? "no cpuset controller"
                                : "/proc/self/cgroup does not tell a cgroup v2");
  topic.judge(cpuset, topic.target.cpus.first_not_in(*cpus) < 0, Verdict::fail, cpus->text());
}

}  // namespace

std::vector<Row> rights_rows(const Host& host, const Target& target) {
  Topic topic{"rights", host, target};
  add_priority(topic);
  add_memlock(topic);
  add_group_sched(topic);
  add_cpuset(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
