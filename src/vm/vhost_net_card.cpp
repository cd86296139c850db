// SPDX-License-Identifier: Apache-2.0
#include "virtio/vhost_net.h"

#include "host/vhost_tap.h"
#include "vm/frame_ports.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class VhostNetInside final : public VirtioInside {
 public:
  VhostNetInside(std::vector<std::unique_ptr<VhostTap>> ports, const MacAddress& mac)
      : ports_{std::move(ports)}, net_{pointers_to<VhostPort>(ports_), mac} {}
  [[nodiscard]] virtio::Model& model() override { return net_; }
  [[nodiscard]] std::vector<const Fd*> kicks() const override {
    std::vector<const Fd*> all;
    for (const auto& port : ports_)
      for (unsigned queue = 0; queue < VhostPort::queues; ++queue)
        all.push_back(&port->kick_event(queue));
    return all;
  }
  [[nodiscard]] std::vector<pid_t> stand_ins() const override {
    std::vector<pid_t> workers;
    for (const auto& port : ports_)
      if (port->worker() != 0) workers.push_back(port->worker());
    return workers;
  }

 private:
  std::vector<std::unique_ptr<VhostTap>> ports_;
  virtio::VhostNet net_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_vhost_net(const PciWorld& world,
                                                     const PciDevice& device) {
  const NetOptions& net = world.config.nets.at(std::string{device.name});
  TRY(auto ports,
      VhostTap::open(net.tap, net.queues, world.mem, world.loop(device), world.id(device)));
  return std::make_unique<VhostNetInside>(std::move(ports), mac_of(world.config, device));
}

}  // namespace takt
