// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "vm/statistics.h"

namespace takt {
namespace {

using Json = nlohmann::ordered_json;

Json slowest_json(const RecordStatistics& records) {
  const std::optional<Record>& record = records.slowest;
  if (!record) return nullptr;
  return {{"address", fmt::format("{:#x}", record->address)},
          {"device", records.slowest_device},
          {"write", record->is_write()},
          {"width", record->width()}};
}

Json took_json(const HistogramCopy& took, const Statistics& all) {
  return {{"count", took.samples()},
          {"p50_ns", all.rate.to_ns(took.percentile(50))},
          {"p99_ns", all.rate.to_ns(took.percentile(99))},
          {"max_ns", all.rate.to_ns(took.max)},
          {"max_at_ns", took.max_at < all.since ? 0 : all.rate.to_ns(took.max_at - all.since)}};
}

Json records_json(const RecordStatistics& records, const Statistics& all) {
  Json json = took_json(records.took, all);
  json["slowest"] = slowest_json(records);
  return json;
}

/// {"DEVICE": {"WHAT": ...}}
Json services_json(const Statistics& all) {
  Json json = Json::object();
  for (const ServiceStatistics& service : all.services)
    json[std::string{service.device}][std::string{service.what}] = took_json(service.took, all);
  return json;
}

Json list_json(const std::vector<RecordStatistics>& list, const Statistics& all) {
  Json json = Json::object();
  for (const RecordStatistics& records : list)
    json[std::string{records.name}] = records_json(records, all);
  return json;
}

/// `kinds` is the word for what a thread of this sort does.
Json tracks_json(const std::vector<TrackStatistics>& tracks, const char* kinds,
                 const Statistics& all) {
  Json json = Json::array();
  for (const TrackStatistics& track : tracks)
    json.push_back({{"name", track.name},
                    {kinds, list_json(track.kinds, all)},
                    {"devices", list_json(track.devices, all)}});
  return json;
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
  Json threads = Json::array();
  for (const ThreadStatistics& thread : all.threads) threads.push_back(thread_json(thread));
  const Json json{{"name", all.name},
                  {"state", all.state},
                  {"uptime_ns", all.rate.to_ns(all.now - all.since)},
                  {"vcpus", tracks_json(all.vcpus, "exits", all)},
                  {"servers", tracks_json(all.servers, "work", all)},
                  {"services", services_json(all)},
                  {"threads", std::move(threads)},
                  {"unclaimed_pio", all.unclaimed_pio},
                  {"unclaimed_mmio", all.unclaimed_mmio},
                  {"back_pressure", all.back_pressure}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace takt
