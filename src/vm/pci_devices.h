// SPDX-License-Identifier: Apache-2.0
// The devices on the PCI bus of a VM, in the order of their slots, and those of virtio that are in
// windows of memory instead: made from the configuration, so that a machine that is described in
// the same way has the same slots and windows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/units.h"
#include "vm/config.h"

namespace takt {

enum class PciKind : std::uint8_t { virtio_net, e1000, virtio_blk, console, rng, balloon, vsock };

struct PciDevice {
  std::string_view name;    // the configuration's
  std::string_view server;  // unless the user decides otherwise
  PciKind kind = PciKind::virtio_net;
  bool mmio = false;  // in a window of memory
  unsigned slot = 0;  // on PCI from 1, the host bridge is at 0; the window's number, from 0
};

/// So many at most count: check_devices().
inline constexpr unsigned most_pci_devices = 31;
inline constexpr unsigned most_mmio_devices = 8;
inline constexpr std::uint64_t mmio_distance = 4_KiB;  // from window to window

[[nodiscard]] std::vector<PciDevice> pci_devices(const VmConfig& config);
/// How many of them are on PCI, and how many in windows.
[[nodiscard]] unsigned count_pci(const VmConfig& config);
[[nodiscard]] unsigned count_mmio(const VmConfig& config);

}  // namespace takt
