// SPDX-License-Identifier: Apache-2.0
// Which card a configured device is.
#include "vm/e1000_card.h"
#include "vm/pci_host.h"
#include "vm/virtio_card.h"
#include "vm/virtio_mmio_card.h"

namespace takt {
namespace {

Result<std::unique_ptr<VirtioInside>> make_inside(const PciWorld& world, const PciDevice& device) {
  switch (device.kind) {
    case PciKind::virtio_net: return make_net(world, device);
    case PciKind::virtio_blk: return make_disk(world, device);
    case PciKind::console: return make_ports(world, device);
    case PciKind::rng: return make_rng(world, device);
    case PciKind::balloon: return make_balloon(world, device);
    case PciKind::vsock: return make_vsock(world, device);
    case PciKind::e1000: break;
  }
  VMM_BUG("a card that is not virtio");
}

}  // namespace

Result<std::unique_ptr<PciCard>> make_card(const PciWorld& world, const PciDevice& device,
                                           PciPin pin) {
  if (device.kind == PciKind::e1000) return make_e1000(world, device, pin);
  TRY(auto inside, make_inside(world, device));
  return VirtioCard::create(world, device, pin, std::move(inside));
}

Result<std::unique_ptr<MmioCard>> make_mmio_card(const PciWorld& world, const PciDevice& device,
                                                 IrqSink& line) {
  TRY(auto inside, make_inside(world, device));
  return VirtioMmioCard::create(world, device, line, std::move(inside));
}

}  // namespace takt
