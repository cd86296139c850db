// SPDX-License-Identifier: Apache-2.0
// What a machine says about itself, as JSON.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "vm/devices.h"
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
Json slowest_json(std::span<const Record> records, std::uint64_t at) {
  const auto it = std::ranges::find(records, at, &Record::at);
  if (it == records.end()) return nullptr;
  return {{"address", fmt::format("{:#x}", it->address)},
          {"device", device_name(it->device)},
          {"write", it->is_write()},
          {"width", it->width()}};
}

/// How long user space took for each kind of exit: from KVM_RUN's return until the guest could go
/// on.
Json handling_json(const ThreadRecorder& recorder, CycleRate rate) {
  const std::vector<Record> remembered = recorder.last();
  Json kinds = Json::object();
  for (std::size_t n = 0; n < record_kinds; ++n) {
    const auto kind = static_cast<RecordKind>(n);
    const HistogramCopy taken = recorder.of(kind);
    if (taken.samples() == 0 || kind == RecordKind::interrupted) continue;
    kinds[std::string{record_kind_name(kind)}] = {
        {"count", taken.samples()},
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
  TRY_VOID(add(::getpid()));  // the main thread, whoever asks
  TRY_VOID(add(console_thread_.tid()));
  if (debug_console_) TRY_VOID(add(debug_console_thread_.tid()));
  for (const auto& server : device_servers_.all()) TRY_VOID(add(server->tid()));
  for (const Thread& thread : server_threads_) TRY_VOID(add(thread.tid()));
  for (const auto& vcpu : vcpus_) TRY_VOID(add(vcpu->tid()));
  if (watch_) TRY_VOID(add(watch_->tid()));
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
  return state.dump(2);
}

std::string Machine::statistics() const {
  Json vcpus = Json::array();
  const CycleRate rate = cycle_clock_.rate();
  for (const auto& vcpu : vcpus_) {
    const auto& usage = vcpu->usage();
    vcpus.push_back({{"name", vcpu->name()},
                     {"pio_exits", vcpu->recorder().of(RecordKind::pio).samples()},
                     {"mmio_exits", vcpu->recorder().of(RecordKind::mmio).samples()},
                     {"interrupted", vcpu->recorder().of(RecordKind::interrupted).samples()},
                     {"handling", handling_json(vcpu->recorder(), rate)},
                     {"minor_faults", usage.minor_faults},
                     {"major_faults", usage.major_faults},
                     {"involuntary_switches", usage.involuntary_switches}});
  }
  Json servers = Json::array();
  for (const auto& server : device_servers_.all())
    servers.push_back(
        {{"name", server->name()}, {"handling", handling_json(server->recorder(), rate)}});
  const Json stats{{"name", config_.name},
                   {"vcpus", std::move(vcpus)},
                   {"servers", std::move(servers)},
                   {"back_pressure", device_servers_.back_pressure()},
                   {"budgets_missed", watch_ ? watch_->missed() : 0},
                   {"bundles", watch_ ? watch_->bundles() : 0},
                   {"unclaimed_pio", board_->pio().unclaimed()},
                   {"unclaimed_mmio", board_->mmio().unclaimed()},
                   {"console_bytes_dropped", console_->dropped()}};
  return stats.dump(2);
}

}  // namespace takt
