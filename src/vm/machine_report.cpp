// SPDX-License-Identifier: Apache-2.0
// What a machine says about itself, as JSON.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "vm/machine.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

Result<Json> thread_json(pid_t tid) {
  TRY(const EffectiveThread thread, effective_thread(tid));
  return Json{{"name", thread.name},
              {"tid", thread.tid},
              {"policy", thread.policy},
              {"priority", thread.priority},
              {"cpus", thread.cpus.text()}};
}

std::uint64_t locked_kib() {
  std::ifstream status{"/proc/self/status"};
  for (std::string key; status >> key;)
    if (std::uint64_t kib = 0; key == "VmLck:" && status >> kib) return kib;
  return 0;
}

/// The record of the slowest exit, if the ring still has it.
Json slowest_json(std::span<const ExitRecord> exits, std::uint64_t at) {
  const auto it = std::ranges::find(exits, at, &ExitRecord::at);
  if (it == exits.end()) return nullptr;
  return {{"address", fmt::format("{:#x}", it->address)},
          {"write", it->is_write},
          {"width", it->width}};
}

/// How long user space took for each kind of exit: from KVM_RUN's return until the guest could go
/// on.
Json handling_json(const VcpuRecorder& recorder, CycleRate rate) {
  constexpr std::array<std::pair<const char*, kvm::ExitKind>, 3> shown{
      {{"pio", kvm::ExitKind::pio},
       {"mmio", kvm::ExitKind::mmio},
       {"system_event", kvm::ExitKind::system_event}}};
  const std::vector<ExitRecord> remembered = recorder.last_exits();
  Json kinds = Json::object();
  for (const auto& [name, kind] : shown) {
    const HistogramCopy taken = recorder.histogram(kind);
    if (taken.samples() == 0) continue;
    kinds[name] = {{"count", taken.samples()},
                   {"p50_ns", rate.to_ns(taken.percentile(50))},
                   {"p99_ns", rate.to_ns(taken.percentile(99))},
                   {"max_ns", rate.to_ns(taken.max)},
                   {"slowest", slowest_json(remembered, taken.max_at)}};
  }
  return kinds;
}

}  // namespace

Result<std::string> Machine::effective_state() const {
  Json threads = Json::array();
  const auto add = [&](pid_t tid) -> Result<> {
    TRY(Json thread, thread_json(tid));
    threads.push_back(std::move(thread));
    return {};
  };
  for (const pid_t tid : thread_ids()) TRY_VOID(add(tid));
  Json halt_poll;  // null: the host's default
  if (config_.halt_poll_ns) halt_poll = *config_.halt_poll_ns;
  Json board;
  for (const BoardFact& fact : board_->facts()) board[fact.key] = fact.value;
  const Json state{{"name", config_.name},
                   {"memory",
                    {{"bytes", config_.memory},
                     {"page_bytes", page_bytes(config_.hugepages)},
                     {"prefaulted", is_on(config_.prefault, config_)},
                     {"locked_kib", locked_kib()}}},
                   {"kvm", {{"disabled_exits", disabled_exits_}, {"halt_poll_ns", halt_poll}}},
                   {"board", std::move(board)},
                   {"threads", std::move(threads)}};
  return state.dump(2, ' ', false, Json::error_handler_t::replace);
}

std::string Machine::statistics() const {
  Json vcpus = Json::array();
  const CycleRate rate = cycle_clock_.rate();
  for (const auto& vcpu : vcpus_) {
    const auto& usage = vcpu->usage();
    vcpus.push_back(
        {{"name", vcpu->name()},
         {"pio_exits", vcpu->recorder().histogram(kvm::ExitKind::pio).samples()},
         {"mmio_exits", vcpu->recorder().histogram(kvm::ExitKind::mmio).samples()},
         {"interrupted", vcpu->recorder().histogram(kvm::ExitKind::interrupted).samples()},
         {"handling", handling_json(vcpu->recorder(), rate)},
         {"minor_faults", usage.minor_faults},
         {"major_faults", usage.major_faults},
         {"involuntary_switches", usage.involuntary_switches}});
  }
  const Json stats{{"name", config_.name},
                   {"vcpus", std::move(vcpus)},
                   {"unclaimed_pio", board_->pio().unclaimed()},
                   {"unclaimed_mmio", board_->mmio().unclaimed()},
                   {"console_bytes_dropped", console_->dropped()}};
  return stats.dump(2);
}

}  // namespace takt
