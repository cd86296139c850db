// SPDX-License-Identifier: Apache-2.0
// How long a Linux kernel that is also an EFI program should be, by its PE header (Microsoft PE
// format, 3 and 4; PE32+ only). Nothing else of the header is used: takt starts no EFI program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace takt {

/// Where the certificates of a signed kernel end; 0 when the file is not signed, or no PE32+ file.
[[nodiscard]] std::uint64_t pe_certificates_end(std::span<const std::byte> file);

/// Where the last section's bytes end; 0 when the file is no PE32+ file. When the headers
/// themselves are not all there, where they end: more than the file has, in any case.
[[nodiscard]] std::uint64_t pe_sections_end(std::span<const std::byte> file);

}  // namespace takt
