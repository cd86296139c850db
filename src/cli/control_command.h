// SPDX-License-Identifier: Apache-2.0
// `takt list`, stat, top, pause, resume, shutdown, reset, api: thin clients of a VM's control
// socket.
#pragma once

#include <string>

namespace takt {

enum class ControlVerb { list, stat, top, pause, resume, shutdown, reset, api };

struct ControlArguments {
  std::string name = {};
  bool json = false;   // stat
  bool force = false;  // shutdown
  // api
  std::string method = {};
  std::string target = {};
  std::string every = {};  // "": once
};

/// Exit status: 0 done, 1 the VM refused or could not, 2 wrong usage, such as a VM that is not
/// there; errors are one line on stderr.
[[nodiscard]] int control_command(ControlVerb verb, const ControlArguments& arguments);

}  // namespace takt
