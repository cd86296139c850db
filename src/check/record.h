// SPDX-License-Identifier: Apache-2.0
// takt check --record: what the rows read of this host, copied into a directory that
// recorded_host() understands. Nothing else is copied, and of what is copied only the parts that
// rows look at: no words of the command line that are not theirs, no names of processes, control
// groups and kernels, no serial numbers, no MAC addresses. A recording can be recorded: that is how
// an old one gets what a newer takt leaves out.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "check/host.h"

namespace takt::check {

/// How many files were written. `directory` is made; it may exist when it is empty.
[[nodiscard]] Result<std::size_t> record(Host host, const std::filesystem::path& directory);

/// Under which name `file` is recorded: control groups, and the kernel's release, may name a user.
[[nodiscard]] std::string scrubbed_name(std::string_view file);
/// `content` of `file` without what is nobody's business.
[[nodiscard]] std::string scrubbed(std::string_view file, std::string_view content);
/// Runs of twelve and more hexadecimal digits, as in serial numbers, as zeros; also with a colon or
/// dash between them, as in MAC addresses and UUIDs. Not those with 0x in front: addresses.
[[nodiscard]] std::string without_identities(std::string_view text);

}  // namespace takt::check
