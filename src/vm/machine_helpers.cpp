// SPDX-License-Identifier: Apache-2.0
// What a machine asks of its host beside its own threads' placement: idle states, cache, and the
// kernel's threads that serve it.
#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <ranges>

#include "host/dma_latency.h"
#include "host/helper_threads.h"
#include "vm/machine.h"

namespace takt {
namespace {

bool is_real_time(const Placement& placement) { return placement.policy != Policy::other; }

/// Whether nothing needs to be asked for: what is in force is within what is wanted. A kernel
/// thread that takt may not move is no error when it is out of the way anyway.
bool is_placed(pid_t tid, const Placement& wanted) {
  const auto now = effective_thread(tid);
  if (!now || is_real_time(wanted)) return false;
  return now->policy == policy_name(Policy::other) && wanted.cpus &&
         now->cpus.first_not_in(*wanted.cpus) < 0;
}

/// sched_setscheduler(2), for a helper that inherited a real-time policy from a vCPU.
Result<> make_ordinary(pid_t tid) {
  const sched_param none{};
  if (::sched_setscheduler(tid, SCHED_OTHER, &none) != 0) return sys_error("policy other");
  return {};
}

Result<> place_helper(const HelperThread& helper, const Placement& placement) {
  if (is_placed(helper.tid, placement)) return {};
  Result<> placed = is_real_time(placement) ? Result<>{} : make_ordinary(helper.tid);
  if (placed) placed = place_thread(helper.tid, placement);
  if (placed || !effective_thread(helper.tid)) return {};  // it may have ended meanwhile
  return in_context(fmt::format("helpers: kernel thread {}", helper.name), placed.error());
}

}  // namespace

/// Before the first thread starts: all that takt starts has the caller's timer slack.
Result<> Machine::prepare_host() {
  TRY_VOID(set_least_timer_slack());
  if (!config_.resctrl.empty()) {
    auto group = ResctrlGroup::create(fmt::format("takt-{}", config_.name), config_.resctrl);
    if (group)
      resctrl_.emplace(std::move(*group));
    else
      TRY_VOID(granted(config_, std::unexpected(std::move(group.error()))));
  }
  if (!is_on(config_.cpu_dma_latency, config_)) return {};
  auto held = hold_dma_latency(config_.cpu_dma_latency_us);
  if (!held) return granted(config_, std::unexpected(std::move(held.error())));
  dma_latency_ = std::move(*held);
  return {};
}

/// What the user says, or, when a vCPU is real-time, the main thread's CPUs without the vCPUs'.
std::optional<Placement> Machine::helper_placement() const {
  if (config_.helpers) return config_.helpers;
  const auto vcpus = config_.vcpus | std::views::values;
  const auto main = effective_thread(current_tid());
  if (!main || std::ranges::none_of(vcpus, is_real_time)) return std::nullopt;
  CpuList rest;
  for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    const auto runs_here = [cpu](const Placement& p) { return p.cpus && p.cpus->contains(cpu); };
    if (main->cpus.contains(cpu) && std::ranges::none_of(vcpus, runs_here)) rest.add(cpu);
  }
  if (rest.count() == 0) return std::nullopt;  // nowhere else to go
  return Placement{.cpus = rest};
}

/// Those that are there now; may be called again when there may be new ones.
Result<> Machine::place_helpers() const {
  const auto placement = helper_placement();
  if (!placement) return {};
  std::vector<pid_t> placed;  // with their servers
  for (const auto& [name, _] : config_.servers)
    std::ranges::copy(stand_ins(name), std::back_inserter(placed));
  for (const HelperThread& helper : find_helper_threads(::getpid()))
    if (std::ranges::find(placed, helper.tid) == placed.end())
      TRY_VOID(granted(config_, place_helper(helper, *placement)));
  return {};
}

/// The kernel's threads that do the work of server `name`.
std::vector<pid_t> Machine::stand_ins(std::string_view name) const {
  const PciHost* pci = board_->pci();
  return pci == nullptr ? std::vector<pid_t>{} : pci->stand_ins(name);
}

/// The vCPUs, and the servers that have a real-time policy.
Result<> Machine::join_resctrl() const {
  if (!resctrl_) return {};
  for (const auto& vcpu : vcpus_) TRY_VOID(granted(config_, resctrl_->add_thread(vcpu->tid())));
  for (const auto& [name, placement] : config_.servers)
    if (is_real_time(placement))
      TRY_VOID(granted(config_, resctrl_->add_thread(servers_.named(name).tid())));
  return {};
}

/// Since Linux 6.14 the first vCPU that enters the guest makes a helper, which inherits the vCPU's
/// policy, priority and CPUs. So: once more, when all have entered. The guest runs: a refusal is a
/// warning only.
void Machine::place_late_helpers(const Fd& signals) const {
  constexpr int entered_ms = 100;
  std::array<pollfd, 2> fds{{{life_.event().raw(), POLLIN, 0}, {signals.raw(), POLLIN, 0}}};
  if (!helper_placement() || ::poll(fds.data(), fds.size(), entered_ms) != 0) return;
  if (const auto placed = place_helpers(); !placed)
    say(fmt::format("takt: warning: {}", one_line(placed.error().text)));
}

}  // namespace takt
