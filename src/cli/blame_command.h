// SPDX-License-Identifier: Apache-2.0
// `takt blame`.
#pragma once

#include <string>

namespace takt {

/// Prints why a budget was missed: the cause in two words, the paragraph, and a time line. Returns
/// the exit status: 0, or 2 with one line on stderr when `file` is no bundle.
[[nodiscard]] int blame_command(const std::string& file);

}  // namespace takt
