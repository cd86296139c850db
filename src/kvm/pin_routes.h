// SPDX-License-Identifier: Apache-2.0
// What differs by architecture in the VM's interrupt routes: the GSIs that are pins of the
// in-kernel interrupt controller, and how an MSI says which device sent it.
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "base/rt.h"
#include "base/units.h"

namespace takt::kvm {

/// The routes that have to be in every table beside those of MSIs.
[[nodiscard]] std::vector<kvm_irq_routing_entry> pin_routes();
/// The first GSI that is no pin.
[[nodiscard]] Gsi first_msi_gsi();
/// For kvm_msi and for the route of an MSI.
[[nodiscard]] std::uint32_t msi_flags() RT;

}  // namespace takt::kvm
