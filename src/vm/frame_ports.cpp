// SPDX-License-Identifier: Apache-2.0
#include "vm/frame_ports.h"

#include "host/passt.h"
#include "host/stream_port.h"
#include "host/tap.h"

namespace takt {
namespace {

class NoPort final : public FramePort {
 public:
  [[nodiscard]] FrameOffloads send_offloads() const RT override { return {}; }
  [[nodiscard]] FrameOffloads receive_offloads() const RT override { return {}; }
  void set_receive_offloads(const FrameOffloads&) RT override {}
  [[nodiscard]] bool send(const FrameHeader&, std::span<const iovec>) RT override { return true; }
  [[nodiscard]] std::optional<Received> receive(std::span<const iovec>) RT override {
    return std::nullopt;
  }
  void want_receive(bool) RT override {}
  void want_send(bool) RT override {}
};

template <class Port>
std::vector<std::unique_ptr<FramePort>> as_ports(std::vector<std::unique_ptr<Port>> opened) {
  std::vector<std::unique_ptr<FramePort>> ports;
  for (auto& port : opened) ports.push_back(std::move(port));
  return ports;
}

std::vector<std::unique_ptr<FramePort>> one(std::unique_ptr<FramePort> port) {
  std::vector<std::unique_ptr<FramePort>> ports;
  ports.push_back(std::move(port));
  return ports;
}

}  // namespace

Result<std::vector<std::unique_ptr<FramePort>>> open_frame_ports(const PciWorld& world,
                                                                 const PciDevice& device) {
  const NetOptions& net = world.config.nets.at(std::string{device.name});
  EventLoop& loop = world.loop(device);
  const DeviceId id = world.id(device);
  if (!net.tap.empty()) {
    TRY(auto taps, Tap::open(net.tap, net.queues, loop, id));
    return as_ports(std::move(taps));
  }
  if (net.passt) {
    TRY(Fd socket, start_passt(*net.passt));
    TRY(auto port, StreamPort::adopt(std::move(socket), loop, id));
    return one(std::move(port));
  }
  if (!net.socket.empty()) {
    TRY(auto port, StreamPort::connect(net.socket, loop, id));
    return one(std::move(port));
  }
  return one(std::make_unique<NoPort>());
}

MacAddress mac_of(const VmConfig& config, const PciDevice& device) {
  const NetOptions& net = config.nets.at(std::string{device.name});
  return net.mac ? *net.mac : mac_of(config.name, device.name);
}

}  // namespace takt
