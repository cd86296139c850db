// SPDX-License-Identifier: Apache-2.0
#include <nlohmann/json.hpp>

#include "check/report.h"

namespace takt::check {

std::string to_json(const Report& report) {
  using Json = nlohmann::ordered_json;
  constexpr int format = 1;  // of this object
  Json rows = Json::array();
  for (const Row& row : report.rows)
    rows.push_back({{"topic", row.topic},
                    {"name", row.name},
                    {"verdict", verdict_name(row.verdict)},
                    {"value", row.value},
                    {"why", row.why},
                    {"fix", row.fix}});
  Json delivery = Json::array();
  for (const Delivery& d : report.delivery)
    delivery.push_back({{"event", d.event},
                        {"mechanism", d.mechanism},
                        {"exits", d.exits},
                        {"note", d.note},
                        {"measured", d.measured}});
  const Json whole{{"format", format},
                   {"host", {{"machine", report.machine}, {"kernel", report.kernel}}},
                   {"cpus", report.cpus},
                   {"cpus_from", report.origin},
                   {"summary",
                    {{"fail", report.count(Verdict::fail)},
                     {"warn", report.count(Verdict::warn)},
                     {"pass", report.count(Verdict::pass)},
                     {"na", report.count(Verdict::na)}}},
                   {"rows", std::move(rows)},
                   {"delivery", std::move(delivery)}};
  return whole.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace takt::check
