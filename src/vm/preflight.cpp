// SPDX-License-Identifier: Apache-2.0
#include "vm/preflight.h"

#include <fmt/format.h>

#include <map>

#include "kvm/disable_exits.h"

namespace takt {
namespace {

constexpr int fair_server_since = 612;

bool is_real_time(const Placement& placement) { return placement.policy != Policy::other; }

/// Calls see(whose, placement) for all that the configuration places.
template <class See>
void each_placement(const VmConfig& config, See see) {
  for (const auto& [id, placement] : config.vcpus) see(fmt::format("vcpu {}", id), placement);
  for (const auto& [name, placement] : config.servers)
    see(fmt::format("server {}", name), placement);
  if (config.helpers) see(std::string{"helpers"}, *config.helpers);
}

/// Whether a vCPU of this configuration keeps its CPU while its guest is idle.
bool keeps_cpu_when_idle(const VmConfig& config) {
  std::uint32_t idle = 0;
  for (const kvm::DisableExit& exit : kvm::disable_exits())
    if (exit.name == "hlt" || exit.name == "wfi" || exit.name == "mwait") idle |= exit.bit;
  return (config.disable_exits & idle) != 0 || config.halt_poll_ns.value_or(0) > 0;
}

class Judge {
 public:
  Judge(const VmConfig& config, const PreflightFacts& facts) : config_{config}, facts_{facts} {}

  /// In the order of their weights.
  std::vector<Finding> all() && {
    each_placement(config_, [this](const std::string& whose, const Placement& placement) {
      judge_cpus(whose, placement);
      judge_priority(whose, placement);
    });
    judge_memlock();
    if (keeps_cpu_when_idle(config_)) {
      judge_throttling();
      judge_sharing();
    }
    return std::move(found_);
  }

 private:
  void add(Weight weight, std::string text) { found_.push_back({weight, std::move(text)}); }

  void judge_cpus(const std::string& whose, const Placement& placement) {
    if (!placement.cpus || !facts_.cpuset) return;
    const int cpu = placement.cpus->first_not_in(*facts_.cpuset);
    if (cpu < 0) return;
    add(Weight::refusal,
        fmt::format("{}: cpu {} is not among the CPUs of this process's cpuset, {} (choose one of "
                    "them, or add it to cpuset.cpus of the control group and of its parents)",
                    whose, cpu, facts_.cpuset->text()));
  }

  void judge_priority(const std::string& whose, const Placement& placement) {
    if (!is_real_time(placement) || facts_.may_nice.value_or(true) || !facts_.rtprio) return;
    if (*facts_.rtprio < 0 || *facts_.rtprio >= placement.priority) return;
    add(Weight::refusal,
        fmt::format(
            "{0}: policy {1} priority {2}: this process has no CAP_SYS_NICE, and its "
            "RLIMIT_RTPRIO is {3} (setcap cap_sys_nice+ep TAKT; or ulimit -r {2}, LimitRTPRIO={2} "
            "in a systemd unit, 'rtprio {2}' in /etc/security/limits.conf)",
            whose, policy_name(placement.policy), placement.priority, *facts_.rtprio));
  }

  /// mlockall(2) counts all that is mapped. What threads and KVM will map comes on top of `least`.
  void judge_memlock() {
    if (!is_on(config_.mlock, config_) || facts_.may_lock.value_or(true)) return;
    const std::uint64_t least = config_.memory + facts_.own_bytes;
    if (!facts_.memlock_bytes || *facts_.memlock_bytes < 0) return;
    if (static_cast<std::uint64_t>(*facts_.memlock_bytes) >= least) return;
    const std::uint64_t wanted_mib = (least >> 20) + 16 + config_.cpus;
    add(Weight::refusal,
        fmt::format(
            "lock memory: {} MiB are needed, {} of them guest RAM; this process has no "
            "CAP_IPC_LOCK, and its RLIMIT_MEMLOCK is {} KiB (setcap cap_ipc_lock+ep TAKT; or "
            "ulimit -l {}, LimitMEMLOCK={}M in a systemd unit)",
            wanted_mib, config_.memory >> 20, *facts_.memlock_bytes >> 10, wanted_mib << 10,
            wanted_mib));
  }

  void judge_throttling() {
    for (const auto& [id, placement] : config_.vcpus) {
      if (!is_real_time(placement)) continue;
      if (facts_.kernel_version < fair_server_since)
        judge_sysctl(id);
      else
        judge_fair_server(id, placement);
    }
  }

  void judge_sysctl(std::uint32_t id) {
    if (facts_.rt_runtime_us.value_or(-1) == -1) return;
    add(Weight::hazard, fmt::format("vcpu {}: it keeps its CPU while it is idle, and this host "
                                    "stops real-time threads after "
                                    "{} us of each period (sysctl kernel.sched_rt_runtime_us=-1)",
                                    id, *facts_.rt_runtime_us));
  }

  void judge_fair_server(std::uint32_t id, const Placement& placement) {
    if (!facts_.fair_server || !placement.cpus) return;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!placement.cpus->contains(cpu) || !facts_.fair_server->contains(cpu)) continue;
      if (facts_.isolated.contains(cpu)) continue;
      return add(
          Weight::hazard,
          fmt::format(
              "vcpu {0}: it keeps its CPU while it is idle, and the fair server gives waiting "
              "ordinary threads a share of CPU {1}, which is not isolated (echo 0 > "
              "/sys/kernel/debug/sched/fair_server/cpu{1}/runtime, or isolcpus=)",
              id, cpu));
    }
  }

  void judge_sharing() {
    std::map<std::string, std::uint32_t> owners;
    for (const auto& [id, placement] : config_.vcpus) {
      if (placement.policy != Policy::fifo || !placement.cpus || placement.cpus->count() != 1)
        continue;
      const auto [other, fresh] = owners.emplace(placement.cpus->text(), id);
      if (fresh) continue;
      add(Weight::unwise,
          fmt::format("vcpus {} and {} share CPU {}, which neither leaves when idle: one "
                      "of them will not run (give each a CPU of its own)",
                      other->second, id, other->first));
    }
  }

  const VmConfig& config_;
  const PreflightFacts& facts_;
  std::vector<Finding> found_;
};

}  // namespace

std::vector<Finding> preflight(const VmConfig& config, const PreflightFacts& facts) {
  return Judge{config, facts}.all();
}

Result<> judge(const VmConfig& config, const std::vector<Finding>& findings) {
  const auto warn = [](const Finding& finding) {
    say(fmt::format("takt: warning: {}", one_line(finding.text)));
  };
  for (const Finding& finding : findings) {
    if (finding.weight == Weight::unwise)
      warn(finding);
    else if (config.rt_mode == RtMode::strict)
      return env_error(finding.text);
    else if (finding.weight == Weight::hazard)
      warn(finding);
  }
  return {};
}

}  // namespace takt
