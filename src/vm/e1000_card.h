// SPDX-License-Identifier: Apache-2.0
// The e1000 as a card on the bus.
#pragma once

#include <memory>

#include "vm/pci_host.h"

namespace takt {

[[nodiscard]] Result<std::unique_ptr<PciCard>> make_e1000(const PciWorld& world,
                                                          const PciDevice& device, PciPin pin);

}  // namespace takt
