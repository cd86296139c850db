// SPDX-License-Identifier: Apache-2.0
#include "vm/virtio_card.h"

#include "pci/regs.h"

namespace takt {

VirtioCard::VirtioCard(const PciWorld& world, const PciDevice& device, PciPin pin,
                       std::unique_ptr<VirtioInside> inside)
    : inside_{std::move(inside)},
      transport_{inside_->model(), world.mem, world.loop(device), pin.sink, pin.line} {}

Result<std::unique_ptr<PciCard>> VirtioCard::create(const PciWorld& world, const PciDevice& device,
                                                    PciPin pin,
                                                    std::unique_ptr<VirtioInside> inside) {
  std::unique_ptr<VirtioCard> card{new VirtioCard{world, device, pin, std::move(inside)}};
  virtio::PciTransport& transport = card->transport_;
  Guarded& guarded = world.servers.guard(world.config, device.name, transport);
  world.servers.add_work(world.config, device.name, guarded, transport);
  transport.function().set_bar_device(virtio::PciTransport::bar, guarded, guarded.id());
  card->inside_->plugged(guarded);
  card->add_kicks(world, guarded);
  if (world.has_msi) TRY_VOID(card->add_vectors(world, device));
  return card;
}

void VirtioCard::add_kicks(const PciWorld& world, const Guarded& guarded) {
  unsigned queue = 0;
  for (const Fd* kick : inside_->kicks())
    world.servers.ring_instead(guarded, virtio::pci_layout::doorbell(queue++), *kick);
}

Result<> VirtioCard::add_vectors(const PciWorld& world, const PciDevice& device) {
  using enum kvm::IrqfdVector::By;
  const auto by = inside_->kicks().empty() ? takt : kernel;
  std::vector<MsiVector*> sinks;
  for (unsigned n = 0; n < transport_.vectors(); ++n) {
    TRY(auto vector,
        kvm::IrqfdVector::create(world.vm, world.routing, pci::devfn_of(device.slot), by));
    sinks.push_back(vector.get());
    vectors_.push_back(std::move(vector));
  }
  const DeviceId id = world.id(device);
  pci::Msix& msix = function().add_msix(std::move(sinks), virtio::PciTransport::msix_bar,
                                        world.upkeep, device.slot, id);
  transport_.attach(msix);
  return by == kernel ? relay(world, device, msix) : Result<>{};
}

/// What the kernel signals while a vector is masked is not lost.
Result<> VirtioCard::relay(const PciWorld& world, const PciDevice& device, pci::Msix& msix) {
  for (std::uint16_t n = 0; n < msix.vectors(); ++n) {
    kvm::IrqfdVector& vector = *vectors_[n];
    TRY([[maybe_unused]] const auto* watch,
        world.loop(device).watch(vector.event(), EPOLLIN, world.id(device),
                                 [&vector, &msix, n](std::uint32_t) {
                                   if (vector.take_event()) msix.fire(n);
                                 }));
  }
  return {};
}

}  // namespace takt
