// SPDX-License-Identifier: Apache-2.0
// What a machine does about latency budgets: nothing at all unless one is configured.
#include <unistd.h>

#include "vm/devices.h"
#include "vm/machine.h"

namespace takt {
namespace {

WatchedThread other_thread(std::string name, pid_t tid) {
  return {.name = std::move(name), .tid = tid, .role = ThreadRole::other};
}

template <class Recording>
void set(Recording& thread, const std::vector<RecordBudget>& budgets, CycleRate rate) {
  for (const RecordBudget& budget : budgets)
    thread.set_budget(budget.kind, budget_cycles(budget.us, rate));
}

}  // namespace

/// Before anything is asked of KVM: a directory that cannot be written is the user's mistake.
Result<> Machine::open_bundles() {
  if (!config_.budget.any()) return {};
  auto directory = config_.budget.bundles ? Result<std::string>{*config_.budget.bundles}
                                          : default_bundle_directory();
  if (!directory) return std::unexpected(std::move(directory.error()));
  TRY(bundles_, BundleStore::open(std::move(*directory), config_.name));
  return {};
}

void Machine::set_budgets(Server& server) const {
  if (config_.budget.any())
    set(server, server_budgets(config_.budget, server.name()), cycle_clock_.rate());
}

void Machine::set_budgets(VcpuThread& vcpu) const {
  if (config_.budget.any()) set(vcpu, vcpu_budgets(config_.budget), cycle_clock_.rate());
}

std::vector<WatchedThread> Machine::watched_threads() const {
  std::vector<WatchedThread> all;
  for (const auto& vcpu : vcpus_)
    all.push_back({.name = vcpu->name(),
                   .tid = vcpu->tid(),
                   .role = ThreadRole::vcpu,
                   .recorder = &vcpu->recorder(),
                   .budgets = vcpu_budgets(config_.budget),
                   .wakeup_us = config_.budget.wakeup_us});
  for (const auto& server : servers_.all())
    all.push_back({.name = server->name(),
                   .tid = server->tid(),
                   .role = ThreadRole::server,
                   .recorder = &server->recorder(),
                   .budgets = server_budgets(config_.budget, server->name()),
                   .wakeup_us = config_.budget.wakeup_us});
  all.push_back(other_thread("takt", ::getpid()));
  for (const Console* console : {console_.get(), debug_console_.get()})
    if (console != nullptr)
      for (const pid_t tid : console->threads())
        if (const auto thread = effective_thread(tid))
          all.push_back(other_thread(thread->name, tid));
  return all;
}

Result<> Machine::watch_budgets() {
  if (!bundles_) return {};
  const auto host_events = [this](std::uint64_t since_ns) -> Result<std::vector<HostEvent>> {
    if (host_tracer_ == nullptr) return env_error(host_tracer_missing_);
    return host_tracer_->read(since_ns);
  };
  TRY(watch_, BudgetWatch::create({.vm = config_.name,
                                   .threads = watched_threads(),
                                   .clock = cycle_clock_,
                                   .host_events = host_events,
                                   .effective_state = [this] { return effective_state(); },
                                   .device_name = DeviceNames{config_}},
                                  std::move(*bundles_)));
  return watch_->start();
}

}  // namespace takt
