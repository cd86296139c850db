// SPDX-License-Identifier: Apache-2.0
#include "virtio/vsock.h"

#include "host/vsock_proxy.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class VsockInside final : public VirtioInside {
 public:
  VsockInside(std::uint32_t cid, std::unique_ptr<VsockProxy> proxy)
      : proxy_{std::move(proxy)}, vsock_{cid, *proxy_} {}
  [[nodiscard]] virtio::Model& model() override { return vsock_; }

 private:
  std::unique_ptr<VsockProxy> proxy_;
  virtio::Vsock vsock_;
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_vsock(const PciWorld& world, const PciDevice& device) {
  const VsockOptions& vsock = *world.config.vsock;
  TRY(auto proxy, VsockProxy::create({.path = vsock.socket}, world.loop(device), world.id(device)));
  return std::make_unique<VsockInside>(vsock.cid, std::move(proxy));
}

}  // namespace takt
