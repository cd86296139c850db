// SPDX-License-Identifier: Apache-2.0
// A virtio device as a card on the bus: its model with what that stands on, the transport, the
// vectors.
#pragma once

#include <memory>
#include <vector>

#include "kvm/msi_vector.h"
#include "virtio/model.h"
#include "virtio/pci_transport.h"
#include "vm/pci_host.h"

namespace takt {

/// A model and its host side: a tap, a file.
class VirtioInside : public CardInside {
 public:
  [[nodiscard]] virtual virtio::Model& model() = 0;
  /// Before the servers start: what stands before the model on the bus.
  virtual void plugged(Guarded&) {}
  /// For each queue that a part of the host's kernel serves, from the first on, the eventfd that
  /// notifies it; constant.
  [[nodiscard]] virtual std::vector<const Fd*> kicks() const { return {}; }
};

class VirtioCard final : public PciCard {
 public:
  static Result<std::unique_ptr<PciCard>> create(const PciWorld& world, const PciDevice& device,
                                                 PciPin pin, std::unique_ptr<VirtioInside> inside);

  [[nodiscard]] pci::Function& function() override { return transport_.function(); }
  [[nodiscard]] CardInside& inside() override { return *inside_; }

 private:
  VirtioCard(const PciWorld& world, const PciDevice& device, PciPin pin,
             std::unique_ptr<VirtioInside> inside);
  void add_kicks(const PciWorld& world, const Guarded& guarded);
  Result<> add_vectors(const PciWorld& world, const PciDevice& device);
  Result<> relay(const PciWorld& world, const PciDevice& device, pci::Msix& msix);

  std::unique_ptr<VirtioInside> inside_;
  std::vector<std::unique_ptr<kvm::IrqfdVector>> vectors_;
  virtio::PciTransport transport_;
};

// One for each device, in a file of its own.
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_net(const PciWorld& world,
                                                             const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_vhost_net(const PciWorld& world,
                                                                   const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_disk(const PciWorld& world,
                                                              const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_ports(const PciWorld& world,
                                                               const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_rng(const PciWorld& world,
                                                             const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_balloon(const PciWorld& world,
                                                                 const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_vsock(const PciWorld& world,
                                                               const PciDevice& device);

}  // namespace takt
