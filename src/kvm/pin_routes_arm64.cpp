// SPDX-License-Identifier: Apache-2.0
// KVM_IRQ_LINE names an SPI itself (spi_gsi() in kvm/vgic_arm64.h) and looks at no route. KVM's own
// table, which the first one that is set replaces, is for irqfds on SPIs, and takt has none. Their
// numbers stay free, so that GSI n can be SPI n when there is one.
#include "kvm/pin_routes.h"
#include "kvm/vgic_arm64.h"

namespace takt::kvm {

std::vector<kvm_irq_routing_entry> pin_routes() { return {}; }

Gsi first_msi_gsi() { return Gsi{gic_interrupts - 32}; }

// An ITS translates by device as well as by event (arm-vgic-its.rst; api.rst 4.70).
std::uint32_t msi_flags() RT { return KVM_MSI_VALID_DEVID; }

}  // namespace takt::kvm
