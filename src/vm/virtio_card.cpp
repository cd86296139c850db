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
  if (world.has_msi) TRY_VOID(card->add_vectors(world, device));
  return card;
}

Result<> VirtioCard::add_vectors(const PciWorld& world, const PciDevice& device) {
  std::vector<MsiVector*> sinks;
  for (unsigned n = 0; n < transport_.vectors(); ++n) {
    TRY(auto vector, kvm::IrqfdVector::create(world.vm, world.routing, pci::devfn_of(device.slot)));
    sinks.push_back(vector.get());
    vectors_.push_back(std::move(vector));
  }
  const DeviceId id = world.id(device);
  transport_.attach(function().add_msix(std::move(sinks), virtio::PciTransport::msix_bar,
                                        world.upkeep, device.slot, id));
  return {};
}

}  // namespace takt
