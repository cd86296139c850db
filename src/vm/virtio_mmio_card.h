// SPDX-License-Identifier: Apache-2.0
// A virtio device in a window of memory, for guests that are too small for PCI: its model with what
// that stands on, the transport, a line.
#pragma once

#include <memory>

#include "virtio/mmio_transport.h"
#include "vm/pci_host.h"
#include "vm/virtio_card.h"

namespace takt {

class VirtioMmioCard final : public MmioCard {
 public:
  static Result<std::unique_ptr<MmioCard>> create(const PciWorld& world, const PciDevice& device,
                                                  IrqSink& line,
                                                  std::unique_ptr<VirtioInside> inside);

  [[nodiscard]] CardInside& inside() override { return *inside_; }
  [[nodiscard]] Region<Gpa> region(Gpa at) override;

 private:
  VirtioMmioCard(const PciWorld& world, const PciDevice& device, IrqSink& line,
                 std::unique_ptr<VirtioInside> inside);

  std::unique_ptr<VirtioInside> inside_;
  virtio::MmioTransport transport_;
  Guarded& guarded_;
};

}  // namespace takt
