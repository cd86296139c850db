// SPDX-License-Identifier: Apache-2.0
#include "vm/pci_devices.h"

namespace takt {

std::vector<PciDevice> pci_devices(const VmConfig& config) {
  std::vector<PciDevice> all;
  const auto add = [&](std::string_view name, std::string_view server, PciKind kind) {
    all.push_back({name, server, kind, static_cast<unsigned>(all.size()) + 1});
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

}  // namespace takt
