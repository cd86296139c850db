// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "check/report.h"

namespace takt::check {

namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Row& row) {
  return {{"topic", row.topic}, {"name", row.name}, {"verdict", verdict_name(row.verdict)},
          {"value", row.value}, {"why", row.why},   {"fix", row.fix}};
}

Json json_of(const Delivery& d) {
  return {{"event", d.event},
          {"mechanism", d.mechanism},
          {"exits", d.exits},
          {"note", d.note},
          {"measured", d.measured}};
}

Json all_of(const auto& list) {
  Json array = Json::array();
  for (const auto& one : list) array.push_back(json_of(one));
  return array;
}

}  // namespace

std::string to_json(const Report& report) {
  constexpr int format = 1;  // of this object
  const Json whole{{"format", format},
                   {"host", {{"machine", report.machine}, {"kernel", report.kernel}}},
                   {"cpus", report.cpus},
                   {"cpus_from", report.origin},
                   {"summary",
                    {{"fail", report.count(Verdict::fail)},
                     {"warn", report.count(Verdict::warn)},
                     {"pass", report.count(Verdict::pass)},
                     {"na", report.count(Verdict::na)}}},
                   {"rows", all_of(report.rows)},
                   {"delivery", all_of(report.delivery)}};
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace takt::check
