// SPDX-License-Identifier: Apache-2.0
// What a machine says about itself, as JSON.
#include <fmt/format.h>

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

}  // namespace

Result<std::string> Machine::effective_state() const {
  Json threads = Json::array();
  const auto add = [&](pid_t tid) -> Result<> {
    TRY(Json thread, thread_json(tid));
    threads.push_back(std::move(thread));
    return {};
  };
  TRY_VOID(add(current_tid()));
  TRY_VOID(add(console_thread_.tid()));
  if (debug_console_) TRY_VOID(add(debug_console_thread_.tid()));
  for (const Thread& thread : server_threads_) TRY_VOID(add(thread.tid()));
  for (const auto& vcpu : vcpus_) TRY_VOID(add(vcpu->tid()));
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
  for (const auto& vcpu : vcpus_) {
    const auto& exits = vcpu->counters();
    const auto& usage = vcpu->usage();
    vcpus.push_back({{"name", vcpu->name()},
                     {"pio_exits", exits.pio.load()},
                     {"mmio_exits", exits.mmio.load()},
                     {"interrupted", exits.interrupted.load()},
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
