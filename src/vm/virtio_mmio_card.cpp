// SPDX-License-Identifier: Apache-2.0
#include "vm/virtio_mmio_card.h"

namespace takt {

VirtioMmioCard::VirtioMmioCard(const PciWorld& world, const PciDevice& device, IrqSink& line,
                               std::unique_ptr<VirtioInside> inside)
    : inside_{std::move(inside)},
      transport_{inside_->model(), world.mem, world.loop(device), line},
      guarded_{world.servers.guard(world.config, device.name, transport_)} {
  world.servers.add_work(world.config, device.name, guarded_, transport_);
  inside_->plugged(guarded_);
}

Result<std::unique_ptr<MmioCard>> VirtioMmioCard::create(const PciWorld& world,
                                                         const PciDevice& device, IrqSink& line,
                                                         std::unique_ptr<VirtioInside> inside) {
  return std::unique_ptr<MmioCard>{new VirtioMmioCard{world, device, line, std::move(inside)}};
}

Region<Gpa> VirtioMmioCard::region(Gpa at) {
  return {at, virtio::MmioTransport::bytes, &guarded_, Width::b8, guarded_.id()};
}

}  // namespace takt
