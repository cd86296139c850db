// SPDX-License-Identifier: Apache-2.0
#include "vm/pci_devices.h"

#include <algorithm>

namespace takt {

std::vector<PciDevice> pci_devices(const VmConfig& config) {
  std::vector<PciDevice> all;
  unsigned slots = 0;
  unsigned windows = 0;
  const auto add = [&](std::string_view name, std::string_view server, PciKind kind) {
    const bool mmio = config.virtio_mmio && kind != PciKind::e1000;
    all.push_back({name, server, kind, mmio, mmio ? windows++ : ++slots});
  };
  for (const auto& [name, net] : config.nets)
    add(name, "net", net.model == NetModel::e1000 ? PciKind::e1000 : PciKind::virtio_net);
  for (const auto& [name, _] : config.disks) add(name, "disk", PciKind::virtio_blk);
  if (!config.ports.empty()) add("virtio-console", "console", PciKind::console);
  if (config.rng) add("rng", "console", PciKind::rng);
  if (config.balloon) add("balloon", "console", PciKind::balloon);
  if (config.vsock) add("vsock", "vsock", PciKind::vsock);
  return all;
}

unsigned count_mmio(const VmConfig& config) {
  return static_cast<unsigned>(std::ranges::count(pci_devices(config), true, &PciDevice::mmio));
}

unsigned count_pci(const VmConfig& config) {
  return static_cast<unsigned>(pci_devices(config).size()) - count_mmio(config);
}

}  // namespace takt
