// SPDX-License-Identifier: Apache-2.0
// What a machine says about itself, as JSON.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <nlohmann/json.hpp>

#include "base/rt_guard.h"
#include "base/rt_page_faults.h"
#include "host/helper_threads.h"
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
Json slowest_json(std::span<const Record> records, std::uint64_t at, const VmConfig& config) {
  const auto it = std::ranges::find(records, at, &Record::at);
  if (it == records.end()) return nullptr;
  return {{"address", fmt::format("{:#x}", it->address)},
          {"device", device_name(config, it->device)},
          {"write", it->is_write()},
          {"width", it->width()}};
}

/// How long user space took for each kind of exit: from KVM_RUN's return until the guest could go
/// on.
Json handling_json(const ThreadRecorder& recorder, CycleRate rate, const VmConfig& config) {
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
        {"slowest", slowest_json(remembered, taken.max_at, config)}};
  }
  return kinds;
}

/// What real-time code did that it must not do (base/rt_guard.h). All zero in a good run.
Json guards_json(std::span<const std::unique_ptr<VcpuThread>> vcpus) {
  constexpr std::array kind_of_guard{"ends the program", "counts", "absent"};
  long page_faults = 0;
  for (const auto& vcpu : vcpus)
    page_faults += vcpu->usage().minor_faults + vcpu->usage().major_faults;
  return {{"guard", kind_of_guard[std::to_underlying(rt::guard)]},
          {"heap_calls", rt::breaches(rt::Breach::heap)},
          {"locks", rt::breaches(rt::Breach::lock)},
          {"blocking_calls", rt::breaches(rt::Breach::blocking_call)},
          {"address_space_changes", rt::breaches(rt::Breach::address_space)},
          {"page_faults_at_once", rt::page_fault_watch() == rt::PageFaultWatch::at_once},
          {"page_faults", page_faults}};
}

}  // namespace

Result<std::string> Machine::effective_state() const {
  Json threads = Json::array();
  Json helpers = Json::array();
  const auto add = [&](pid_t tid) -> Result<> {
    TRY(Json thread, thread_json(tid));
    threads.push_back(std::move(thread));
    return {};
  };
  for (const pid_t tid : thread_ids()) TRY_VOID(add(tid));
  for (const HelperThread& helper : find_helper_threads(::getpid()))
    if (auto thread = thread_json(helper.tid)) {  // it may have ended
      (*thread)["name"] = helper.name;
      helpers.push_back(std::move(*thread));
    }
  Json halt_poll;  // null: the host's default
  if (config_.halt_poll_ns) halt_poll = *config_.halt_poll_ns;
  Json dma_latency;  // null: not held
  if (dma_latency_) dma_latency = config_.cpu_dma_latency_us;
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
                   {"cpu_dma_latency_us", std::move(dma_latency)},
                   {"resctrl", resctrl_ ? config_.resctrl : std::vector<std::string>{}},
                   {"threads", std::move(threads)},
                   {"helpers", std::move(helpers)}};
  return state.dump(2, ' ', false, Json::error_handler_t::replace);
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
                     {"handling", handling_json(vcpu->recorder(), rate, config_)},
                     {"minor_faults", usage.minor_faults},
                     {"major_faults", usage.major_faults},
                     {"involuntary_switches", usage.involuntary_switches}});
  }
  Json servers = Json::array();
  for (const auto& server : servers_.all())
    servers.push_back(
        {{"name", server->name()}, {"handling", handling_json(server->recorder(), rate, config_)}});
  const Json stats{{"name", config_.name},
                   {"vcpus", std::move(vcpus)},
                   {"servers", std::move(servers)},
                   {"back_pressure", servers_.back_pressure()},
                   {"budgets_missed", watch_ ? watch_->missed() : 0},
                   {"bundles", watch_ ? watch_->bundles() : 0},
                   {"unclaimed_pio", board_->maps().pio().unclaimed()},
                   {"unclaimed_mmio", board_->maps().mmio().unclaimed()},
                   {"console_bytes_dropped", console_->dropped()},
                   {"guards", guards_json(vcpus_)}};
  return stats.dump(2);
}

}  // namespace takt
