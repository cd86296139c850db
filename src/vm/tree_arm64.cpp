// SPDX-License-Identifier: Apache-2.0
#include "vm/tree_arm64.h"

#include <algorithm>

#include "dev/pl011.h"
#include "dev/pl031.h"
#include "dev/pl061.h"
#include "dev/slow_device.h"
#include "dev/test_device.h"
#include "dev/uart16550.h"
#include "virtio/mmio_transport.h"
#include "vm/layout_arm64.h"
#include "vm/pci_devices.h"

namespace takt {
namespace {

FdtGicV3 gic_v3(const MachineShape& shape) {
  FdtGicV3 gic{.distributor = {layout::gic_distributor, layout::gicv3_distributor_bytes},
               .redistributors = {},
               .its = {}};
  auto left = static_cast<std::uint32_t>(shape.cpus.size());
  for (const kvm::RedistributorRegion& region : layout::redistributors) {
    const std::uint32_t here = std::min(left, region.count);
    if (here != 0) gic.redistributors.push_back({region.base, here * kvm::redistributor_bytes});
    left -= here;
  }
  if (shape.its) gic.its = layout::its;
  return gic;
}

FdtGicV2 gic_v2() {
  return {.distributor = {layout::gic_distributor, layout::gicv2_distributor_bytes},
          .cpu_interface = {layout::gicv2_cpu_interface, layout::gicv2_cpu_interface_bytes},
          .v2m = {}};
}

FdtConfig with_uart(FdtConfig tree, UartModel model) {
  if (model == UartModel::pl011) {
    tree.uart = FdtPl011{{{layout::uart, Pl011::region_bytes}, Gsi{layout::uart_spi}}};
  } else {
    constexpr std::uint64_t bytes = Uart16550::region_bytes << layout::uart16550_reg_shift;
    tree.uart = FdtNs16550a{.device = {{layout::uart, bytes}, Gsi{layout::uart_spi}},
                            .reg_shift = layout::uart16550_reg_shift,
                            .reg_io_width = 1};
  }
  return tree;
}

}  // namespace

FdtConfig machine_tree(const VmConfig& config, const MachineShape& shape) {
  FdtConfig tree;
  tree.cpus = shape.cpus;
  tree.pmu = shape.pmu;
  if (shape.gic == kvm::GicVersion::v3)
    tree.gic = gic_v3(shape);
  else
    tree.gic = gic_v2();
  tree.pl031 = FdtDevice{{layout::rtc, Pl031::region_bytes}, Gsi{layout::rtc_spi}};
  tree.pl061 = FdtDevice{{layout::gpio, Pl061::region_bytes}, Gsi{layout::gpio_spi}};
  for (std::uint32_t n = 0; n < count_mmio(config); ++n)
    tree.virtio_mmio.push_back(
        {{layout::virtio_mmio + n * mmio_distance, virtio::MmioTransport::bytes},
         Gsi{layout::virtio_first_spi + n}});
  if (count_pci(config) != 0)
    tree.pci = FdtPci{.ecam = layout::pci_ecam,
                      .io = layout::pci_io,
                      .mmio32 = {Gpa{layout::pci_mem32}, layout::pci_mem32_bytes},
                      .first_irq = Gsi{layout::pci_first_spi}};
  if (config.testdev)
    tree.extra = {{"takt,debug-exit", {layout::debug_exit, 4_KiB}},
                  {"takt,test-registers", {layout::test_registers, ScratchRegisters::region_bytes}},
                  {"takt,test-eventfd", {layout::test_eventfd, 4_KiB}},
                  {"takt,slow", {layout::slow_device, SlowDevice::region_bytes}}};
  tree.chosen.bootargs = config.cmdline;
  return with_uart(std::move(tree), config.uart);
}

std::vector<std::uint64_t> default_affinities(std::uint32_t cpus) {
  std::vector<std::uint64_t> all;
  for (std::uint64_t id = 0; id < cpus; ++id)
    all.push_back((id & 0xf) | (id >> 4 & 0xff) << 8 | (id >> 12 & 0xff) << 16);
  return all;
}

}  // namespace takt
