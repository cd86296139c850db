// SPDX-License-Identifier: Apache-2.0
// The SSDT of virtio's windows: acpi_ssdt_virtio.asl with their number.
#pragma once

#include <cstddef>
#include <vector>

namespace takt::acpi {

inline constexpr unsigned most_virtio_windows = 8;

/// Complete but for length and checksum. `windows` at most most_virtio_windows.
[[nodiscard]] std::vector<std::byte> build_virtio_ssdt(unsigned windows);

}  // namespace takt::acpi
