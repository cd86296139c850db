// SPDX-License-Identifier: Apache-2.0
// The MADT: which processors and interrupt controllers there are. ACPI 6.5, 5.2.12.
#pragma once

#include <cstddef>
#include <vector>

#include "boot/acpi_tables.h"

namespace takt::acpi {

/// Complete but for length and checksum.
std::vector<std::byte> build_madt(const AcpiConfig& config);

}  // namespace takt::acpi
