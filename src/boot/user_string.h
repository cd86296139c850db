// SPDX-License-Identifier: Apache-2.0
// Words of the user's that a guest is to see.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace takt {

/// An error that calls `text` `what` when it has more than `max` bytes without the terminating
/// zero, or a zero inside.
[[nodiscard]] Result<> check_string(std::string_view text, std::uint64_t max,
                                    std::string_view what);

}  // namespace takt
