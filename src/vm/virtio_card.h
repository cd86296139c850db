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
class VirtioInside {
 public:
  virtual ~VirtioInside() = default;
  [[nodiscard]] virtual virtio::Model& model() = 0;
  /// Before the servers start: what stands before the model on the bus.
  virtual void plugged(Guarded&) {}
  [[nodiscard]] virtual bool set_balloon(std::uint32_t) { return false; }
  [[nodiscard]] virtual std::vector<ServiceTimes> service_times() const { return {}; }
  [[nodiscard]] virtual std::vector<pid_t> threads() const { return {}; }
  [[nodiscard]] virtual Result<> start() { return {}; }
};

class VirtioCard final : public PciCard {
 public:
  static Result<std::unique_ptr<PciCard>> create(const PciWorld& world, const PciDevice& device,
                                                 PciPin pin, std::unique_ptr<VirtioInside> inside);

  [[nodiscard]] pci::Function& function() override { return transport_.function(); }
  [[nodiscard]] std::vector<pid_t> threads() const override { return inside_->threads(); }
  [[nodiscard]] Result<> start() override { return inside_->start(); }
  [[nodiscard]] std::vector<ServiceTimes> service_times() const override {
    return inside_->service_times();
  }
  [[nodiscard]] bool set_balloon(std::uint32_t pages) override {
    return inside_->set_balloon(pages);
  }

 private:
  VirtioCard(const PciWorld& world, const PciDevice& device, PciPin pin,
             std::unique_ptr<VirtioInside> inside);
  Result<> add_vectors(const PciWorld& world, const PciDevice& device);

  std::unique_ptr<VirtioInside> inside_;
  std::vector<std::unique_ptr<kvm::IrqfdVector>> vectors_;
  virtio::PciTransport transport_;
};

// One for each device, in a file of its own.
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_net(const PciWorld& world,
                                                             const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_disk(const PciWorld& world,
                                                              const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_ports(const PciWorld& world,
                                                               const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_rng(const PciWorld& world,
                                                             const PciDevice& device);
[[nodiscard]] Result<std::unique_ptr<VirtioInside>> make_balloon(const PciWorld& world,
                                                                 const PciDevice& device);

}  // namespace takt
