// SPDX-License-Identifier: Apache-2.0
// Whether this host will grant what a configuration asks for, judged before anything on it is
// changed. Pure functions over facts: a test states the facts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/cpu_list.h"
#include "base/result.h"
#include "host/host_files.h"
#include "vm/config.h"

namespace takt {

/// What a host says about itself and this process. What it does not tell is absent, and not judged.
struct PreflightFacts {
  int kernel_version = 0;                          // 612 for Linux 6.12
  std::optional<CpuList> cpuset = {};              // outside of it no CPU is granted
  CpuList isolated = {};                           // from the host's own scheduling
  std::optional<bool> may_nice = {};               // CAP_SYS_NICE
  std::optional<std::int64_t> rtprio = {};         // RLIMIT_RTPRIO; -1: unlimited
  std::optional<bool> may_lock = {};               // CAP_IPC_LOCK
  std::optional<std::int64_t> memlock_bytes = {};  // RLIMIT_MEMLOCK; -1: unlimited
  std::uint64_t own_bytes = 0;                     // mapped by takt itself now
  std::optional<std::int64_t> rt_runtime_us = {};  // -1: FIFO threads are not throttled
  std::optional<CpuList> fair_server = {};         // the CPUs where it is on
};

[[nodiscard]] PreflightFacts preflight_facts(const HostFiles& host = {});

enum class Weight : std::uint8_t {
  refusal,  // the host will say no: strict ends here; best-effort goes on, and warns at that step
  hazard,   // granted, but no bound can be kept: an error in strict mode, a warning in best-effort
  unwise,   // a warning in both
};

struct Finding {
  Weight weight;
  std::string text;  // what, where, what to do
};

/// The heaviest first. Judged are:
///   - CPUs outside the cpuset (refusal). Not the affinity mask that takt was started with: the
///     kernel widens that on request, and with isolcpus= it never has the CPUs that count.
///   - priorities beyond CAP_SYS_NICE and RLIMIT_RTPRIO (refusal), sched(7)
///   - locked memory beyond CAP_IPC_LOCK and RLIMIT_MEMLOCK (refusal), mlock(2)
///   - throttling of a FIFO or RR vCPU that never leaves its CPU, because its idle instruction does
///     not exit or because KVM polls while it is idle (hazard): before Linux 6.12 it is stopped in
///     each period, whatever else runs. A vCPU that sleeps in the host when idle is throttled only
///     when its guest computes without a pause; that is the guest's choice, and `takt check` tells
///     it. Since 6.12 the fair server takes the time instead, and only where ordinary threads wait:
///     judged where they may, on CPUs that are not isolated.
///   - two such vCPUs on the same single CPU (unwise): the lower one never runs
[[nodiscard]] std::vector<Finding> preflight(const VmConfig& config, const PreflightFacts& facts);

/// Ends with the first finding that this configuration's mode takes for an error, and says the
/// others that count on stderr as warnings.
[[nodiscard]] Result<> judge(const VmConfig& config, const std::vector<Finding>& findings);

}  // namespace takt
