// SPDX-License-Identifier: Apache-2.0
// What the scheduler does to real-time threads, and what this user may ask of it.
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "check/kernel_config.h"
#include "check/kernel_options.h"
#include "check/topic.h"

namespace takt::check {
namespace {

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

constexpr int cap_ipc_lock = 14;
constexpr int cap_sys_nice = 23;

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

/// The soft limit on the line of /proc/self/limits that starts with `name`; -1: unlimited.
std::optional<std::int64_t> limit(std::string_view limits, std::string_view name) {
  for (const std::string_view line : lines_of(limits)) {
    if (!line.starts_with(name)) continue;
    const auto words = words_of(line.substr(name.size()));
    if (words.empty()) return std::nullopt;
    if (words.front() == "unlimited") return -1;
    return parse_number(words.front());
  }
  return std::nullopt;
}

std::optional<bool> has_capability(const HostFiles& files, int number) {
  const auto status = files.read("proc/self/status");
  if (!status) return std::nullopt;
  for (const std::string_view line : lines_of(*status)) {
    const auto words = words_of(line);
    if (words.size() != 2 || words[0] != "CapEff:" || words[1].size() > 16) continue;
    const auto digit_at = static_cast<std::size_t>(number / 4);
    if (words[1].size() <= digit_at) return false;
    const char c = words[1][words[1].size() - 1 - digit_at];
    const int digit = c >= 'a' && c <= 'f' ? c - 'a' + 10 : c - '0';
    return (digit >> (number % 4) & 1) != 0;
  }
  return std::nullopt;
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

/// The path of this process in the hierarchy of `controller`; "" is that of cgroup v2.
std::optional<std::string> own_group(const HostFiles& files, std::string_view controller) {
  const auto text = files.read("proc/self/cgroup");
  if (!text) return std::nullopt;
  for (const std::string_view line : lines_of(*text)) {
    const std::size_t first = line.find(':');
    const std::size_t second = first == line.npos ? first : line.find(':', first + 1);
    if (second == line.npos || line.contains("..")) continue;
    const std::string controllers = fmt::format(",{},", line.substr(first + 1, second - first - 1));
    if (controllers.contains(fmt::format(",{},", controller)))
      return std::string{trimmed(line.substr(second + 1))};
  }
  return std::nullopt;
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

/// From this process's group upwards, the first that says which CPUs it has.
void add_cpuset(Topic& topic) {
  const auto own = own_group(topic.files, "");
  if (!own) return topic.na(cpuset, "/proc/self/cgroup does not tell a cgroup v2");
  for (std::string group = *own == "/" ? "" : *own;;) {
    const auto cpus = topic.files.cpus(fmt::format("sys/fs/cgroup{}/cpuset.cpus.effective", group));
    if (cpus && cpus->count() > 0)
      return topic.judge(cpuset, topic.target.cpus.first_not_in(*cpus) < 0, Verdict::fail,
                         cpus->text());
    if (group.empty()) return topic.na(cpuset, "no cpuset controller");
    group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
  }
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
