// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "common/report.h"

/// The measurements. Each prints its own lines and returns, also when it has to be skipped; none
/// touches the console while it measures. They share one static histogram, one at a time.
namespace probe {

/// Programs an absolute deadline every period and records how late the handler read the counter.
void measure_timer(Report& report);

/// The cost of each chosen kind of exit.
void measure_exits(Report& report);
/// A case of the command line's list that the machine does not know; empty if there is none.
std::string_view unknown_exit_case(const Options& options);

/// The time from sending an IPI to the handler (self), and to seeing that it ran (second CPU).
void measure_ipis(Report& report);

/// Runs what the command line asks for and leaves the machine.
[[noreturn]] void run(std::string_view command_line);

/// Cleared, for the measurement that asks.
Histogram& fresh_histogram();

}  // namespace probe
