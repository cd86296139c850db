// SPDX-License-Identifier: Apache-2.0
// The way out of a configured network card.
#pragma once

#include <memory>
#include <vector>

#include "bus/frame_port.h"
#include "vm/pci_host.h"

namespace takt {

/// A port for each queue pair, watched by the device's server; without a tap or a socket one that
/// takes everything and never has anything.
[[nodiscard]] Result<std::vector<std::unique_ptr<FramePort>>> open_frame_ports(
    const PciWorld& world, const PciDevice& device);

/// As a model takes them.
template <class Port, class Owned>
[[nodiscard]] std::vector<Port*> pointers_to(const std::vector<std::unique_ptr<Owned>>& ports) {
  std::vector<Port*> all;
  for (const auto& port : ports) all.push_back(port.get());
  return all;
}

/// The card's address: the user's, or made from names.
[[nodiscard]] MacAddress mac_of(const VmConfig& config, const PciDevice& device);

}  // namespace takt
