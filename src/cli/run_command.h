// SPDX-License-Identifier: Apache-2.0
// `takt run`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace takt {

/// The command line after parsing: a file, and options in the order in which they were given.
struct RunArguments {
  std::optional<std::string> file;
  std::vector<std::pair<std::string, std::string>> options;
};

/// Runs a VM to its end. Returns the exit status; errors are one line on stderr.
[[nodiscard]] int run_command(const RunArguments& arguments);

}  // namespace takt
