// SPDX-License-Identifier: Apache-2.0
// The cells are those of the PCI Bus Binding to Open Firmware (IEEE 1275), 2.2.1.1 "Numerical
// representation": the first holds the space and, of a device, the bus, slot and function.
#include <vector>

#include "boot/fdt_parts_arm64.h"

namespace takt::fdt {
namespace {

using Cells = std::vector<std::uint32_t>;

constexpr std::uint64_t ecam_bytes = 1_MiB;  // bus 0: 32 slots of 8 functions of 4 KiB
constexpr std::uint64_t io_bytes = 64_KiB;
constexpr std::uint32_t slots = 32;
constexpr std::uint32_t requester_ids = 0x100;  // of bus 0

enum Space : std::uint32_t {
  space_io = 0x0100'0000,
  space_mmio32 = 0x0200'0000,
  space_mmio64_prefetchable = 0x4300'0000,
};
constexpr std::uint32_t slot_shift = 11;
constexpr std::uint32_t slot_mask = (slots - 1) << slot_shift;
constexpr std::uint32_t pin_inta = 1;

void append(Cells& cells, std::uint64_t two_cells) {
  cells.push_back(static_cast<std::uint32_t>(two_cells >> 32));
  cells.push_back(static_cast<std::uint32_t>(two_cells));
}

/// Addresses on the bus, addresses of the CPUs, size.
void append_window(Cells& cells, Space space, std::uint64_t on_bus, GpaRange range) {
  cells.push_back(space);
  append(cells, on_bus);
  append(cells, range.start.raw());
  append(cells, range.size);
}

Cells ranges(const FdtPci& pci) {
  Cells cells;
  append_window(cells, space_io, 0, {pci.io, io_bytes});
  append_window(cells, space_mmio32, pci.mmio32.start.raw(), pci.mmio32);
  if (pci.mmio64)
    append_window(cells, space_mmio64_prefetchable, pci.mmio64->start.raw(), *pci.mmio64);
  return cells;
}

/// For each slot: device and pin, then the GIC with a unit address, which it does not look at, and
/// an interrupt of it.
Cells interrupt_map(const FdtPci& pci) {
  Cells cells;
  for (std::uint32_t slot = 0; slot < slots; ++slot) {
    const std::uint32_t spi = pci.first_irq.raw() + slot;
    const Cells device{slot << slot_shift, 0, 0, pin_inta};
    const Cells gic{FdtWriter::ref(gic_phandle), 0, 0, irq_spi, spi, irq_level_high};
    cells.insert(cells.end(), device.begin(), device.end());
    cells.insert(cells.end(), gic.begin(), gic.end());
  }
  return cells;
}

/// pci-msi.yaml and msi-controller.yaml: an ITS is told the requester id, a GICv2's frame nothing.
void add_msi(FdtWriter& fdt, const FdtConfig& config) {
  if (const auto* gic = std::get_if<FdtGicV3>(&config.gic); gic != nullptr && gic->its)
    fdt.cells("msi-map", {0, FdtWriter::ref(msi_phandle), 0, requester_ids});
  if (const auto* gic = std::get_if<FdtGicV2>(&config.gic); gic != nullptr && gic->v2m)
    fdt.u32("msi-parent", FdtWriter::ref(msi_phandle));
}

}  // namespace

/// host-generic-pci.yaml
void add_pci(FdtWriter& fdt, const FdtConfig& config) {
  if (!config.pci) return;
  const FdtPci& pci = *config.pci;
  const auto node = fdt.node("pcie", pci.ecam.raw());
  fdt.text("compatible", "pci-host-ecam-generic");
  fdt.text("device_type", "pci");
  fdt.reg({pci.ecam, ecam_bytes});
  fdt.u32("linux,pci-domain", 0);
  fdt.cells("bus-range", {0, 0});
  fdt.u32("#address-cells", 3);
  fdt.u32("#size-cells", 2);
  fdt.cells("ranges", ranges(pci));
  fdt.flag("dma-coherent");
  fdt.u32("#interrupt-cells", 1);
  fdt.cells("interrupt-map-mask", {slot_mask, 0, 0, 7});
  fdt.cells("interrupt-map", interrupt_map(pci));
  add_msi(fdt, config);
}

}  // namespace takt::fdt
