// SPDX-License-Identifier: Apache-2.0
// The threads of the host, as far as rows care: /proc/PID/task/TID/{stat,status}.
#pragma once

#include <string>
#include <vector>

#include "host/host_files.h"

namespace takt::check {

struct HostThread {
  int pid = 0, tid = 0;
  std::string name = {};
  char state = '?';     // R: runs or waits for a CPU
  bool kernel = false;  // a thread of the kernel's
  int cpu = 0;          // where it ran last
  int priority = 0;     // of a FIFO or RR thread, else 0
  int policy = 0;       // SCHED_ number
  CpuList allowed = {};
};

/// Bounded: of a host with more than 4096 processes or threads, the first. Those that end
/// meanwhile are left out.
[[nodiscard]] Result<std::vector<HostThread>> host_threads(const HostFiles& files);

/// A line of /proc/PID/stat; without `allowed`.
[[nodiscard]] std::optional<HostThread> parse_stat(std::string_view line);

/// Such a line of what parse_stat() reads, under another name; all other fields are 0.
[[nodiscard]] std::string stat_line(const HostThread& thread, std::string_view name);

}  // namespace takt::check
