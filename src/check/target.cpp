// SPDX-License-Identifier: Apache-2.0
#include "check/target.h"

#include <fmt/format.h>

namespace takt::check {
namespace {

void add_all(CpuList& to, const CpuList& from) {
  for (const int cpu : numbers(from)) to.add(cpu);
}

/// Where the VM's vCPUs and its real-time servers are to run. The other servers belong on the
/// rest.
CpuList real_time_cpus(const VmConfig& vm) {
  CpuList cpus;
  for (const auto& [id, placement] : vm.vcpus)
    if (placement.cpus) add_all(cpus, *placement.cpus);
  for (const auto& [name, placement] : vm.servers)
    if (placement.cpus && placement.policy != Policy::other) add_all(cpus, *placement.cpus);
  return cpus;
}

CpuList isolated_cpus(const HostFiles& files) {
  CpuList cpus;
  for (const char* file : {"sys/devices/system/cpu/isolated", "sys/fs/cgroup/cpuset.cpus.isolated"})
    if (const auto list = files.cpus(file)) add_all(cpus, *list);
  return cpus;
}

void choose(Target& target, const CpuList& cpus, std::string origin) {
  target.cpus = cpus;
  target.origin = std::move(origin);
  target.set_aside = true;
}

}  // namespace

std::vector<int> numbers(const CpuList& cpus) {
  std::vector<int> list;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    if (cpus.contains(cpu)) list.push_back(cpu);
  return list;
}

CpuList common(const CpuList& a, const CpuList& b) {
  CpuList both;
  for (const int cpu : numbers(a))
    if (b.contains(cpu)) both.add(cpu);
  return both;
}

CpuList online_cpus(const HostFiles& files) {
  if (const auto list = files.cpus("sys/devices/system/cpu/online"); list && list->count() > 0)
    return *list;
  CpuList only;
  only.add(0);
  return only;
}

Result<Target> target_of(const Host& host, std::optional<VmConfig> vm) {
  const CpuList online = online_cpus(host.files);
  Target target{.cpus = online, .origin = "all CPUs: none is isolated"};
  if (const CpuList isolated = common(isolated_cpus(host.files), online); isolated.count() > 0)
    choose(target, isolated, "the isolated CPUs");
  if (vm) {
    TRY_VOID(check_placements(*vm, online));
    if (const CpuList wanted = real_time_cpus(*vm); wanted.count() > 0)
      choose(target, wanted, fmt::format("the CPUs of VM {}", vm->name));
    else
      target.origin += fmt::format("; VM {} places no vCPU", vm->name);
    target.vm = std::move(vm);
  }
  for (const int cpu : numbers(online))
    if (!target.cpus.contains(cpu)) target.rest.add(cpu);
  return target;
}

}  // namespace takt::check
