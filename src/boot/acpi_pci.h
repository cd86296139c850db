// SPDX-License-Identifier: Apache-2.0
// The tables of the PCI host bridge: its SSDT, made of acpi_ssdt_pci.asl and the board's addresses,
// and the MCFG, which says where ECAM is before the guest can read AML.
#pragma once

#include <cstddef>
#include <vector>

#include "boot/acpi_tables.h"

namespace takt::acpi {

/// The contract of AcpiPci is kept.
[[nodiscard]] bool is_sound(const AcpiPci& pci);

/// Both complete but for length and checksum.
[[nodiscard]] std::vector<std::byte> build_pci_ssdt(const AcpiPci& pci);
[[nodiscard]] std::vector<std::byte> build_mcfg(const AcpiPci& pci);

}  // namespace takt::acpi
