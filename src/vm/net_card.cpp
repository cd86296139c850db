// SPDX-License-Identifier: Apache-2.0
#include "virtio/net.h"
#include "vm/frame_ports.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class NetInside final : public VirtioInside {
 public:
  NetInside(std::vector<std::unique_ptr<FramePort>> ports, const MacAddress& mac, Bell& bell)
      : ports_{std::move(ports)}, net_{pointers_to<FramePort>(ports_), {.mac = mac}, bell} {}
  [[nodiscard]] virtio::Model& model() override { return net_; }
  [[nodiscard]] std::vector<ServiceTimes> service_times() const override {
    return {{"receive", net_.receive_times().copy()}, {"send", net_.send_times().copy()}};
  }

 private:
  std::vector<std::unique_ptr<FramePort>> ports_;
  virtio::Net net_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_net(const PciWorld& world, const PciDevice& device) {
  if (world.config.nets.at(std::string{device.name}).vhost) return make_vhost_net(world, device);
  TRY(auto ports, open_frame_ports(world, device));
  return std::make_unique<NetInside>(std::move(ports), mac_of(world.config, device),
                                     world.loop(device));
}

}  // namespace takt
