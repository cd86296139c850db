// SPDX-License-Identifier: Apache-2.0
// The statistics of a VM for a person. Pure: from the JSON of vm.stat to text.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace takt::ctl {

/// A table of the vCPUs' exits and one of the threads. With the answer of a moment ago, rates are
/// those since then; without, those since the VM was created. nullopt when `now` is no answer to
/// vm.stat.
[[nodiscard]] std::optional<std::string> stat_text(
    std::string_view now, std::optional<std::string_view> before = std::nullopt);

}  // namespace takt::ctl
