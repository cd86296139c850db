// SPDX-License-Identifier: Apache-2.0
// The sleep states that CPUs may enter (Linux, admin-guide/pm/cpuidle.rst).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "host/host_files.h"

namespace takt::check {

/// Exit latency up to which a state is taken for harmless: C1 (1 to 2 us) and WFI are, C1E (10 us)
/// is not. A deeper one costs its time, not the bound: WARN.
inline constexpr std::int64_t harmless_idle_us = 5;

struct IdleState {
  int cpu = 0;
  std::string name = {};
  std::int64_t latency_us = 0;
};

/// Those that are not disabled, of all `cpus`; a state that several have is listed once.
[[nodiscard]] Result<std::vector<IdleState>> enabled_idle_states(const HostFiles& files,
                                                                 const CpuList& cpus);

}  // namespace takt::check
