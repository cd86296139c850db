// SPDX-License-Identifier: Apache-2.0
// The devices on the PCI bus of a VM, in the order of their slots: made from the configuration, so
// that a machine that is described in the same way has the same slots.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "vm/config.h"

namespace takt {

enum class PciKind : std::uint8_t { virtio_net, e1000, virtio_blk, console, rng, balloon, vsock };

struct PciDevice {
  std::string_view name;    // the configuration's
  std::string_view server;  // unless the user decides otherwise
  PciKind kind = PciKind::virtio_net;
  unsigned slot = 0;  // from 1; the host bridge is at 0
};

/// 31 at most count: check_devices().
inline constexpr unsigned most_pci_devices = 31;

[[nodiscard]] std::vector<PciDevice> pci_devices(const VmConfig& config);

}  // namespace takt
