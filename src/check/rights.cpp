// SPDX-License-Identifier: Apache-2.0
// What the host grants to this user and this control group.
#include <fmt/format.h>

#include <algorithm>

#include "check/kernel_config.h"
#include "check/kernel_options.h"
#include "check/topic.h"

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
constexpr int cap_ipc_lock = 14;
constexpr int cap_sys_nice = 23;

/// The soft limit on the line of /proc/self/limits that starts with `name`; -1: unlimited.
Result<std::int64_t> limit(const HostFiles& files, std::string_view name) {
  TRY(const std::string limits, files.read("proc/self/limits"));
  for (const std::string_view line : lines_of(limits)) {
    if (!line.starts_with(name)) continue;
    const auto words = words_of(line.substr(name.size()));
    if (words.empty()) break;
    if (words.front() == "unlimited") return -1;
    if (const auto number = parse_number(words.front())) return *number;
  }
  return env_error(fmt::format("/proc/self/limits does not tell '{}'", name));
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

void add_priority(Topic& topic) {
  if (has_capability(topic.files, cap_sys_nice).value_or(false))
    return topic.pass(rt_priority, "CAP_SYS_NICE");
  const auto most = limit(topic.files, "Max realtime priority");
  if (!most) return topic.na(rt_priority, most.error().text);
  const int wanted = wanted_priority(topic.target);
  topic.judge(rt_priority, *most < 0 || *most >= wanted, Verdict::fail,
              fmt::format("{}, wanted {}", *most, wanted));
}

void add_memlock(Topic& topic) {
  if (has_capability(topic.files, cap_ipc_lock).value_or(false))
    return topic.pass(memlock, "CAP_IPC_LOCK");
  const auto most = limit(topic.files, "Max locked memory");
  if (!most) return topic.na(memlock, most.error().text);
  const auto& vm = topic.target.vm;
  topic.judge(memlock, *most < 0, vm && is_on(vm->mlock, *vm) ? Verdict::fail : Verdict::warn,
              *most < 0 ? "unlimited" : fmt::format("{} bytes", *most));
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
