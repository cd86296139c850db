// SPDX-License-Identifier: Apache-2.0
// The parts of fdt_arm64.cpp's tree that have files of their own.
#pragma once

#include <cstdint>
#include <string>

#include "boot/fdt_arm64.h"
#include "boot/fdt_writer.h"

namespace takt::fdt {

enum : std::uint32_t { irq_spi = 0, irq_ppi = 1 };               // arm,gic-v3.yaml: the first cell
enum : std::uint32_t { irq_level_high = 4, irq_level_low = 8 };  // and the third

inline constexpr Phandle gic_phandle{1};
inline constexpr Phandle msi_phandle{2};
inline constexpr Phandle clock_phandle{3};
inline constexpr Phandle gpio_phandle{4};

/// The interrupt controller with its MSI frame or ITS: fdt_gic_arm64.cpp.
void add_gic(FdtWriter& fdt, const FdtConfig& config);
/// What goes into the third cell of a PPI for the CPUs that it is private to.
[[nodiscard]] std::uint32_t ppi_cpu_mask(const FdtConfig& config);

/// The PCI host bridge: fdt_pci_arm64.cpp.
void add_pci(FdtWriter& fdt, const FdtConfig& config);

/// UART, clock, PrimeCells, virtio, takt's own: fdt_devices_arm64.cpp.
void add_devices(FdtWriter& fdt, const FdtConfig& config);
/// "/serial@9000000"
[[nodiscard]] std::string uart_path(const FdtConfig& config);

}  // namespace takt::fdt
