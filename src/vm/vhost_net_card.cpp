// SPDX-License-Identifier: Apache-2.0
#include "virtio/vhost_net.h"

#include "host/vhost_tap.h"
#include "vm/frame_ports.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class VhostNetInside final : public VirtioInside {
 public:
  VhostNetInside(std::unique_ptr<VhostTap> port, const MacAddress& mac)
      : port_{std::move(port)}, net_{*port_, mac} {}
  [[nodiscard]] virtio::Model& model() override { return net_; }
  [[nodiscard]] std::vector<const Fd*> kicks() const override {
    return {&port_->kick_event(0), &port_->kick_event(1)};
  }
  [[nodiscard]] std::vector<pid_t> stand_ins() const override {
    return port_->worker() == 0 ? std::vector<pid_t>{} : std::vector{port_->worker()};
  }

 private:
  std::unique_ptr<VhostTap> port_;
  virtio::VhostNet net_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_vhost_net(const PciWorld& world,
                                                     const PciDevice& device) {
  const NetOptions& net = world.config.nets.at(std::string{device.name});
  TRY(auto port, VhostTap::open(net.tap, world.mem, world.loop(device), world.id(device)));
  return std::make_unique<VhostNetInside>(std::move(port), mac_of(world.config, device));
}

}  // namespace takt
