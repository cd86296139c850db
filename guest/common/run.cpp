// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "common/measure.h"

namespace probe {
namespace {

constinit Histogram histogram;

[[noreturn]] void refuse(Output out, std::string_view word, std::string_view why) {
  out.text("error: command line: ").quoted(word).text(": ").text(why).end_line();
  machine::leave(std::to_underlying(Leave::bad_command_line));
}

Options checked_options(Output out, std::string_view command_line) {
  const ParsedOptions parsed = parse_options(command_line);
  if (!parsed.error.why.empty()) refuse(out, parsed.error.word, parsed.error.why);
  const std::string_view unknown = unknown_exit_case(parsed.options);
  if (!unknown.empty()) refuse(out, unknown, "unknown exit case");
  return parsed.options;
}

}  // namespace

Histogram& fresh_histogram() {
  histogram.clear();
  return histogram;
}

void run(std::string_view command_line) {
  const Output out{machine::write_console};
  const Options options = checked_options(out, command_line);
  Report report{out, options, machine::start(options.tsc_khz)};
  report.header();
  if (options.timer) measure_timer(report);
  if (options.exit) measure_exits(report);
  if (options.ipi) measure_ipis(report);
  report.done();
  machine::leave(std::to_underlying(Leave::success));
}

}  // namespace probe
