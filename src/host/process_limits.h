// SPDX-License-Identifier: Apache-2.0
// What the host lets this process do: capabilities, resource limits, control groups. Set-up only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "host/host_files.h"

namespace takt::process_limits {

inline constexpr int cap_ipc_lock = 14;  // capabilities(7)
inline constexpr int cap_sys_nice = 23;

/// Whether this process has a capability now; absent when /proc does not tell.
[[nodiscard]] std::optional<bool> has_capability(const HostFiles& host, int number);

/// The soft limit on the line of `limits` (/proc/self/limits) that starts with `name`; -1:
/// unlimited.
[[nodiscard]] std::optional<std::int64_t> limit(std::string_view limits, std::string_view name);

/// The path of this process in the hierarchy of `controller`; "" is that of cgroup v2.
[[nodiscard]] std::optional<std::string> own_group(const HostFiles& host,
                                                   std::string_view controller);

/// The CPUs that this process's control group (v2, or else v1) has: those of the first group, from
/// its own upwards, that says so. Outside of them the kernel grants none. A CPU that isolcpus= sets
/// aside is among them, though no thread has it by itself.
[[nodiscard]] std::optional<CpuList> cpuset(const HostFiles& host);

}  // namespace takt::process_limits
