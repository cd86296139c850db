// SPDX-License-Identifier: Apache-2.0
// `takt config check`.
#pragma once

#include <string>
#include <vector>

namespace takt {

/// For each file "FILE: ok" on stdout, or one line on stderr: what `takt run FILE` would refuse
/// before it opens /dev/kvm, on this host. Whether the files that it names exist is not looked at.
/// Returns the exit status.
[[nodiscard]] int config_check_command(const std::vector<std::string>& files);

}  // namespace takt
