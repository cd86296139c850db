// SPDX-License-Identifier: Apache-2.0
#include "host/system_entropy.h"
#include "virtio/rng.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class RngInside final : public VirtioInside {
 public:
  [[nodiscard]] virtio::Model& model() override { return rng_; }

 private:
  SystemEntropy source_;
  virtio::Rng rng_{source_};
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_rng(const PciWorld&, const PciDevice&) {
  return std::make_unique<RngInside>();
}

}  // namespace takt
