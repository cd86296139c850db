// SPDX-License-Identifier: Apache-2.0
// The host's tracer as text: what its file `trace` says with the default options, a line for each
// event. Source: Documentation/trace/ftrace.rst, "Output format", and print_trace_fmt() in
// kernel/trace/trace.c, for what the documentation leaves open.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "record/host_event.h"

namespace takt {

/// One line of the file, without its line feed. Nothing for comments, gaps ("CPU:1 [LOST 7
/// EVENTS]") and anything else that is no event; a thread's name may hold whatever it likes.
[[nodiscard]] std::optional<HostEvent> parse_trace_line(std::string_view line);

/// All events of the file, oldest first; those of one instant stay in the file's order.
[[nodiscard]] std::vector<HostEvent> parse_trace(std::string_view text);

/// Puts events in order of time.
void sort_by_time(std::vector<HostEvent>& events);

}  // namespace takt
