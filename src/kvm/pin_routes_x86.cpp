// SPDX-License-Identifier: Apache-2.0
// A table that is set replaces the one that KVM_CREATE_IRQCHIP has made, so that one is repeated
// here: GSI n is pin n of the I/O APIC, and of the pair of 8259s while n is below 16. KVM's i8254
// and KVM_IRQ_LINE both go through it.
#include "kvm/pin_routes.h"

namespace takt::kvm {
namespace {

constexpr std::uint32_t pic_pins = 8;  // of each of the two

kvm_irq_routing_entry pin(std::uint32_t gsi, std::uint32_t chip, std::uint32_t pin_of_chip) {
  kvm_irq_routing_entry route{};
  route.gsi = gsi;
  route.type = KVM_IRQ_ROUTING_IRQCHIP;
  route.u.irqchip.irqchip = chip;
  route.u.irqchip.pin = pin_of_chip;
  return route;
}

}  // namespace

std::vector<kvm_irq_routing_entry> pin_routes() {
  std::vector<kvm_irq_routing_entry> routes;
  for (std::uint32_t n = 0; n < pic_pins; ++n) {
    routes.push_back(pin(n, KVM_IRQCHIP_PIC_MASTER, n));
    routes.push_back(pin(pic_pins + n, KVM_IRQCHIP_PIC_SLAVE, n));
  }
  for (std::uint32_t n = 0; n < KVM_IOAPIC_NUM_PINS; ++n)
    routes.push_back(pin(n, KVM_IRQCHIP_IOAPIC, n));
  return routes;
}

Gsi first_msi_gsi() { return Gsi{KVM_IOAPIC_NUM_PINS}; }

std::uint32_t msi_flags() RT { return 0; }

}  // namespace takt::kvm
