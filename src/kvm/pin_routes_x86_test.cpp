// SPDX-License-Identifier: Apache-2.0
#include "kvm/pin_routes.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace takt::kvm {
namespace {

bool leads(std::uint32_t gsi, std::uint32_t chip, std::uint32_t pin) {
  return std::ranges::any_of(pin_routes(), [&](const kvm_irq_routing_entry& route) {
    return route.gsi == gsi && route.type == KVM_IRQ_ROUTING_IRQCHIP &&
           route.u.irqchip.irqchip == chip && route.u.irqchip.pin == pin;
  });
}

TEST(PinRoutes, AreThoseOfThePicsAndOfTheIoapicAndNoMore) { EXPECT_EQ(pin_routes().size(), 40u); }

TEST(PinRoutes, AnIsaInterruptLeadsToBothControllers) {
  EXPECT_TRUE(leads(0, KVM_IRQCHIP_PIC_MASTER, 0));
  EXPECT_TRUE(leads(0, KVM_IRQCHIP_IOAPIC, 0));
  EXPECT_TRUE(leads(4, KVM_IRQCHIP_PIC_MASTER, 4));
  EXPECT_TRUE(leads(8, KVM_IRQCHIP_PIC_SLAVE, 0));
  EXPECT_TRUE(leads(15, KVM_IRQCHIP_PIC_SLAVE, 7));
  EXPECT_TRUE(leads(15, KVM_IRQCHIP_IOAPIC, 15));
}

TEST(PinRoutes, ThoseOfPciLeadToTheIoapicAlone) {
  EXPECT_TRUE(leads(23, KVM_IRQCHIP_IOAPIC, 23));
  EXPECT_EQ(std::ranges::count(pin_routes(), 23u, &kvm_irq_routing_entry::gsi), 1);
}

TEST(PinRoutes, NoneIsWhereMsisBegin) {
  for (const kvm_irq_routing_entry& route : pin_routes())
    EXPECT_LT(Gsi{route.gsi}, first_msi_gsi());
}

}  // namespace
}  // namespace takt::kvm
