// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "common/histogram.h"
#include "common/machine.h"
#include "common/options.h"
#include "common/output.h"

namespace probe {

/// Values for `machine::leave`; README.md has the table with the exit statuses they become.
enum class Leave : std::uint8_t {
  success = 0,
  bad_command_line = 1,
  unexpected_exception = 2,
  unsupported_machine = 3,
  interrupt_lost = 4,
};

/// `error: <what>`, then leaves the machine.
[[noreturn]] void fatal(std::string_view what, Leave value);

/// The report's lines on the console, in the format of README.md.
class Report {
 public:
  Report(Output out, const Options& options, machine::Clock clock)
      : out_{out}, options_{options}, clock_{clock} {}

  void header();
  /// `result name=...` up to p99 and max, without the end of the line, so that the caller can add
  /// fields; `end` ends it and prints the histogram.
  Output& result(std::string_view name, std::string_view unit, const Histogram& h);
  void end(std::string_view name, std::string_view unit, const Histogram& h);
  /// `<name> skipped: <why>`
  void skipped(std::string_view name, std::string_view why);
  /// `error: <name>: <what>`, then leaves the machine.
  [[noreturn]] void fail(std::string_view name, std::string_view what, Leave value);
  void done();

  const Options& options() const { return options_; }
  /// "ns" if the counter's rate is known, else "cycles": the unit of `to_time`.
  std::string_view time_unit() const { return clock_.khz != 0 ? "ns" : "cycles"; }
  std::uint64_t to_time(std::uint64_t ticks) const;
  /// The unit of `to_cost`: "cycles", or that of time if the counter's ticks are no cycles.
  std::string_view cost_unit() const { return clock_.is_cycles ? "cycles" : time_unit(); }
  std::uint64_t to_cost(std::uint64_t ticks) const {
    return clock_.is_cycles ? ticks : to_time(ticks);
  }
  /// As ticks; if the rate is unknown, as though it were 1 GHz.
  std::uint64_t from_us(std::uint64_t us) const;

 private:
  void hist(std::string_view name, std::string_view unit, const Histogram& h);

  Output out_;
  const Options& options_;
  machine::Clock clock_;
};

}  // namespace probe
