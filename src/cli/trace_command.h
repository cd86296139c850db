// SPDX-License-Identifier: Apache-2.0
// `takt trace NAME`: the last moments of a running VM, into a file for ui.perfetto.dev.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace takt {

struct TraceArguments {
  std::string name = {};
  std::string last = "5s";
  std::string output = "trace.json";
};

/// Asks the VM called `name` for `target` (GET) and returns the answer's body.
using Fetch =
    std::function<Result<std::string>(const std::string& name, const std::string& target)>;

/// "5s", "250ms", "2min"; from 1 ms to an hour.
[[nodiscard]] Result<std::chrono::milliseconds> parse_duration(std::string_view text);

/// What a trace (record/perfetto.h) tells about how far back it goes: a line for each thread and
/// one for the host.
[[nodiscard]] std::string reach_of(std::string_view json);

/// Writes the file, and to stderr how far back it goes. Exit status: 0 written, 1 it could not be,
/// 2 wrong usage; errors are one line on stderr.
[[nodiscard]] int trace_command(const TraceArguments& arguments, const Fetch& fetch);

}  // namespace takt
