// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vm/statistics.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

Json slowest_json(const std::optional<ExitRecord>& record) {
  if (!record) return nullptr;
  return {{"address", fmt::format("{:#x}", record->address)},
          {"write", record->is_write},
          {"width", record->width}};
}

Json exit_json(const ExitStatistics& exit, const Statistics& all) {
  const HistogramCopy& took = exit.took;
  return {{"count", took.samples()},
          {"p50_ns", all.rate.to_ns(took.percentile(50))},
          {"p99_ns", all.rate.to_ns(took.percentile(99))},
          {"max_ns", all.rate.to_ns(took.max)},
          {"max_at_ns", took.max_at < all.since ? 0 : all.rate.to_ns(took.max_at - all.since)},
          {"slowest", slowest_json(exit.slowest)}};
}

Json vcpu_json(const VcpuStatistics& vcpu, const Statistics& all) {
  Json exits = Json::object();
  for (const ExitStatistics& exit : vcpu.exits)
    exits[std::string{exit.kind}] = exit_json(exit, all);
  return {{"name", vcpu.name}, {"exits", std::move(exits)}};
}

Json thread_json(const ThreadStatistics& thread) {
  const EffectiveThread& effective = thread.effective;
  const ThreadCounts& counts = thread.counts;
  return {{"name", effective.name},
          {"tid", effective.tid},
          {"policy", effective.policy},
          {"priority", effective.priority},
          {"cpus", effective.cpus.text()},
          {"last_cpu", counts.last_cpu},
          {"run_ns", counts.run_ns},
          {"run_delay_ns", counts.run_delay_ns},
          {"voluntary_switches", counts.voluntary_switches},
          {"involuntary_switches", counts.involuntary_switches},
          {"minor_faults", counts.minor_faults},
          {"major_faults", counts.major_faults}};
}

}  // namespace

std::string to_json(const Statistics& all) {
  Json vcpus = Json::array();
  for (const VcpuStatistics& vcpu : all.vcpus) vcpus.push_back(vcpu_json(vcpu, all));
  Json threads = Json::array();
  for (const ThreadStatistics& thread : all.threads) threads.push_back(thread_json(thread));
  const Json json{{"name", all.name},
                  {"state", all.state},
                  {"uptime_ns", all.rate.to_ns(all.now - all.since)},
                  {"vcpus", std::move(vcpus)},
                  {"threads", std::move(threads)},
                  {"unclaimed_pio", all.unclaimed_pio},
                  {"unclaimed_mmio", all.unclaimed_mmio}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace takt
