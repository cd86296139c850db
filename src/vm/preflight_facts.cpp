// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "host/linux_host.h"
#include "host/process_limits.h"
#include "vm/preflight.h"

namespace takt {
namespace {

std::optional<CpuList> fair_server_cpus(const HostFiles& host) {
  constexpr std::string_view directory = "sys/kernel/debug/sched/fair_server";
  const auto names = host.list(directory);
  if (!names) return std::nullopt;
  CpuList on;
  for (const auto& name : *names) {
    const auto cpu = parse_number(std::string_view{name}.substr(name.starts_with("cpu") ? 3 : 0));
    const auto runtime = host.number(fmt::format("{}/{}/runtime", directory, name));
    if (cpu && *cpu >= 0 && *cpu < CPU_SETSIZE && runtime && *runtime != 0)
      on.add(static_cast<int>(*cpu));
  }
  return on;
}

CpuList isolated_cpus(const HostFiles& host) {
  CpuList all;
  for (const char* file : {"sys/devices/system/cpu/isolated", "sys/fs/cgroup/cpuset.cpus.isolated"})
    if (const auto cpus = host.cpus(file))
      for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu)
        if (cpus->contains(cpu)) all.add(cpu);
  return all;
}

}  // namespace

PreflightFacts preflight_facts(const HostFiles& host) {
  namespace limits = process_limits;
  PreflightFacts facts{.kernel_version = linux_host::kernel_version(host),
                       .cpuset = limits::cpuset(host),
                       .isolated = isolated_cpus(host),
                       .may_nice = limits::has_capability(host, limits::cap_sys_nice),
                       .may_lock = limits::has_capability(host, limits::cap_ipc_lock),
                       .fair_server = fair_server_cpus(host)};
  if (const auto text = host.read("proc/self/limits")) {
    facts.rtprio = limits::limit(*text, "Max realtime priority");
    facts.memlock_bytes = limits::limit(*text, "Max locked memory");
  }
  if (const auto pages = host.number("proc/self/statm"); pages && *pages > 0)
    facts.own_bytes = static_cast<std::uint64_t>(*pages) * page_bytes(PageSize::base);
  if (const auto us = host.number("proc/sys/kernel/sched_rt_runtime_us")) facts.rt_runtime_us = *us;
  return facts;
}

}  // namespace takt
