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

/// The card's address: the user's, or made from names.
[[nodiscard]] MacAddress mac_of(const VmConfig& config, const PciDevice& device);

}  // namespace takt
