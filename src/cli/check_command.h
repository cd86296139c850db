// SPDX-License-Identifier: Apache-2.0
// `takt check`.
#pragma once

#include <optional>
#include <string>

namespace takt {

struct CheckArguments {
  bool json = false;
  std::optional<std::string> vm_file = {};
  std::optional<std::string> root = {};    // of a recorded host
  std::optional<std::string> record = {};  // where to write a recording of that host
};

/// Prints the report on stdout. Returns the exit status: 0 no FAIL, 1 at least one, or something
/// is lacking, 2 wrong usage; errors are one line on stderr.
[[nodiscard]] int check_command(const CheckArguments& arguments);

}  // namespace takt
