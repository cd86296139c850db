// SPDX-License-Identifier: Apache-2.0
#include <string_view>

#include "common/measure.h"
#include "common/slow_device.h"

namespace probe {
namespace {

bool listed(std::string_view list, std::string_view name) {
  for (std::string_view item = take_item(list, ','); !item.empty(); item = take_item(list, ',')) {
    if (item == name) return true;
  }
  return false;
}

bool known(std::string_view name) {
  for (const machine::ExitCase& c : machine::exit_cases()) {
    if (c.name == name) return true;
  }
  return false;
}

bool chosen(const Options& options, const machine::ExitCase& c) {
  return options.cases.empty() ? c.by_default : listed(options.cases, c.name);
}

void measure_exit(Report& report, const machine::ExitCase& c) {
  if (!c.present()) return report.skipped(c.name, "no such device");
  if (c.is_slow) SlowDevice{machine::slow_device()}.set_ns(report.options().slow_us * 1000);
  const std::uint64_t batch = machine::exit_batch();
  Histogram& h = fresh_histogram();
  for (std::uint64_t i = 0; i < report.options().warmup; ++i) c.sample();
  for (std::uint64_t i = 0; i < report.options().iterations; ++i) {
    h.record(report.to_cost(c.sample()) / batch);
  }
  Output& line = report.result(c.name, report.cost_unit(), h);
  if (batch != 1) line.field("batch", batch);
  report.end(c.name, report.cost_unit(), h);
}

}  // namespace

std::string_view unknown_exit_case(const Options& options) {
  std::string_view list = options.cases;
  for (std::string_view item = take_item(list, ','); !item.empty(); item = take_item(list, ',')) {
    if (!known(item)) return item;
  }
  return {};
}

void measure_exits(Report& report) {
  for (const machine::ExitCase& c : machine::exit_cases()) {
    if (chosen(report.options(), c)) measure_exit(report, c);
  }
}

}  // namespace probe
