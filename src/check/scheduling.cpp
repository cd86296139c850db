// SPDX-License-Identifier: Apache-2.0
// What the scheduler does to real-time threads.
#include <fmt/format.h>

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
constexpr Item placement{
    "vm-placement", "a vCPU that shares its CPU, or may wander, waits for others",
    "[vcpu.N] cpu = \"ONE\", policy = \"fifo\", priority = 80, each its own CPU"};

/// Up to 6.11 the real-time class as a whole stops for the rest of each period, whether or not
/// anybody waits: no bound, FAIL. Since 6.12 (commit 5f6bd380c7bd) only control groups of
/// RT_GROUP_SCHED are throttled, and the fair server does the rest.
void add_throttling(Topic& topic) {
  const auto runtime = topic.files.number("proc/sys/kernel/sched_rt_runtime_us");
  if (!runtime) return topic.na(throttling, runtime.error().text);
  if (*runtime == -1) return topic.pass(throttling, "-1");
  const std::string value = fmt::format("{}", *runtime);
  if (topic.host.kernel_version() < 612) return topic.add(throttling, Verdict::fail, value);
  const auto config = KernelConfig::read(topic.files);
  if (!config) return topic.add(throttling, Verdict::warn, value);
  const bool groups = config->on(rt_group_sched);
  topic.judge(throttling, !groups, Verdict::fail,
              value + (groups ? ", RT_GROUP_SCHED is set"
                              : ", throttles nobody: Linux 6.12 without RT_GROUP_SCHED"));
}

/// WARN: it runs only when an ordinary thread has starved for a second, and only as long as that
/// thread has work, mostly a kernel worker's microseconds; without it that worker never runs.
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

/// What keeps the VM's vCPU `id` from having a CPU of its own; `owner` has who took which before.
std::vector<std::string> faults_of(const VmConfig& vm, std::uint32_t id,
                                   std::map<int, std::uint32_t>& owner) {
  const auto it = vm.vcpus.find(id);
  if (it == vm.vcpus.end() || !it->second.cpus) return {fmt::format("vcpu {} has no CPU", id)};
  const Placement& p = it->second;
  std::vector<std::string> faults;
  if (p.cpus->count() > 1) faults.push_back(fmt::format("vcpu {} has CPUs {}", id, p.cpus->text()));
  if (p.policy == Policy::other) faults.push_back(fmt::format("vcpu {} is not FIFO", id));
  for (const int cpu : numbers(*p.cpus))
    if (const auto [other, fresh] = owner.emplace(cpu, id); !fresh)
      faults.push_back(fmt::format("vcpus {} and {} share CPU {}", other->second, id, cpu));
  return faults;
}

void add_placement(Topic& topic) {
  if (!topic.target.vm) return topic.na(placement, "no VM given (--for VM.TOML)");
  const VmConfig& vm = *topic.target.vm;
  std::vector<std::string> faults;
  std::map<int, std::uint32_t> owner;
  for (std::uint32_t id = 0; id < vm.cpus; ++id)
    for (std::string& fault : faults_of(vm, id, owner)) faults.push_back(std::move(fault));
  topic.judge(placement, faults.empty(), Verdict::fail,
              faults.empty() ? fmt::format("{} vCPU, each FIFO on a CPU of its own", vm.cpus)
                             : some_of(faults));
}

}  // namespace

std::vector<Row> scheduling_rows(const Host& host, const Target& target) {
  Topic topic{"scheduling", host, target};
  add_throttling(topic);
  add_fair_server(topic);
  add_placement(topic);
  return std::move(topic).rows();
}

}  // namespace takt::check
