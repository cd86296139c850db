// SPDX-License-Identifier: Apache-2.0
#include "check/idle_states.h"

#include <fmt/format.h>

#include <algorithm>

#include "check/target.h"

namespace takt::check {

Result<std::vector<IdleState>> enabled_idle_states(const HostFiles& files, const CpuList& cpus) {
  std::vector<IdleState> states;
  for (const int cpu : numbers(cpus)) {
    const std::string directory = fmt::format("sys/devices/system/cpu/cpu{}/cpuidle", cpu);
    TRY(const auto names, files.list(directory, "state"));
    for (const auto& name : names) {
      const std::string state = fmt::format("{}/{}", directory, name);
      TRY(const std::int64_t disabled, files.number(state + "/disable"));
      if (disabled != 0) continue;
      TRY(const std::int64_t latency, files.number(state + "/latency"));
      TRY(const std::string shown, files.line(state + "/name"));
      const auto same = [&](const IdleState& s) {
        return s.name == shown && s.latency_us == latency;
      };
      if (std::ranges::none_of(states, same)) states.push_back({cpu, shown, latency});
    }
  }
  return states;
}

}  // namespace takt::check
