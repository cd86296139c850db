// SPDX-License-Identifier: Apache-2.0
// Bundles as files.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "record/bundle.h"

namespace takt {

/// One JSON object in one line, its explanation first. Bytes that are no UTF-8, which a thread may
/// have in its name, are replaced.
[[nodiscard]] std::string to_json(const Bundle& bundle);

/// The error says what is wrong with it, without the file's name. What only people read
/// (`explanation`, `effective`) is not looked at.
[[nodiscard]] Result<Bundle> parse_bundle(std::string_view text);

}  // namespace takt
