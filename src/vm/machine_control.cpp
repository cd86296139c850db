// SPDX-License-Identifier: Apache-2.0
// What may be done to a machine while its guest runs, by the observer's thread.
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iterator>

#include "vm/machine.h"

namespace takt {

Result<> Machine::pause() {
  constexpr std::chrono::seconds patience{5};
  for (const auto& vcpu : vcpus_) vcpu->ask_to_pause();
  const auto stands = [&](const auto& vcpu) { return vcpu->wait_paused(patience); };
  const auto it = std::ranges::find_if_not(vcpus_, stands);
  if (it == vcpus_.end()) {
    paused_ = true;
    return {};
  }
  resume();
  return env_error((*it)->name() + " does not stop: its thread gets no CPU, or waits for a device");
}

void Machine::resume() {
  for (const auto& vcpu : vcpus_) vcpu->resume();
  paused_ = false;
}

bool Machine::republish() {
  if (!config_.testdev) return false;
  board_->maps().republish();
  return true;
}

bool Machine::set_balloon(std::uint64_t bytes) const {
  const PciHost* pci = board_->pci();
  return pci != nullptr && pci->set_balloon(static_cast<std::uint32_t>(bytes / 4_KiB));
}

/// The main thread's number is the process's.
std::vector<pid_t> Machine::thread_ids() const {
  std::vector<pid_t> ids{::getpid()};
  for (const auto& server : servers_.all()) ids.push_back(server->tid());
  for (const Console* console : {console_.get(), debug_console_.get()})
    if (console != nullptr) std::ranges::copy(console->threads(), std::back_inserter(ids));
  if (const PciHost* pci = board_->pci())
    std::ranges::copy(pci->threads(), std::back_inserter(ids));
  if (observer_.body) ids.push_back(observer_thread_.tid());
  for (const auto& vcpu : vcpus_) ids.push_back(vcpu->tid());
  if (watch_) ids.push_back(watch_->tid());
  return ids;
}

Statistics Machine::snapshot() const {
  Statistics all{.name = config_.name,
                 .state = paused_ ? "paused" : "running",
                 .rate = cycle_clock_.rate(),
                 .since = cycle_clock_.begin(),
                 .now = cycles(),
                 .vcpus = {},
                 .threads = {},
                 .unclaimed_pio = board_->maps().pio().unclaimed(),
                 .unclaimed_mmio = board_->maps().mmio().unclaimed(),
                 .back_pressure = servers_.back_pressure()};
  for (const auto& vcpu : vcpus_)
    all.vcpus.push_back(track_statistics(vcpu->name(), vcpu->recorder(), config_));
  for (const auto& server : servers_.all())
    all.servers.push_back(track_statistics(server->name(), server->recorder(), config_));
  if (const PciHost* pci = board_->pci())
    pci->for_each_service([&](std::string_view device, const ServiceTimes& times) {
      if (times.took.samples() != 0) all.services.push_back({device, times.what, times.took});
    });
  for (const pid_t tid : thread_ids())
    if (auto thread = thread_statistics(tid)) all.threads.push_back(std::move(*thread));
  return all;
}

}  // namespace takt
