// SPDX-License-Identifier: Apache-2.0
#include "host/ram_page_returner.h"
#include "virtio/balloon.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class BalloonInside final : public VirtioInside {
 public:
  BalloonInside(const GuestMem& mem, std::unique_ptr<RamPageReturner> returner, Bell& bell)
      : returner_{std::move(returner)}, balloon_{mem, *returner_, bell} {}
  [[nodiscard]] virtio::Model& model() override { return balloon_; }
  [[nodiscard]] bool set_balloon(std::uint32_t pages) override {
    balloon_.set_target_pages(pages);
    return true;
  }
  [[nodiscard]] std::vector<pid_t> threads() const override {
    return returner_->tid() == 0 ? std::vector<pid_t>{} : std::vector{returner_->tid()};
  }

 private:
  std::unique_ptr<RamPageReturner> returner_;
  virtio::Balloon balloon_;
};

}  // namespace

/// Beside a real-time vCPU nothing is given back: that unmaps pages, which interrupts every CPU of
/// the VM (ARCHITECTURE.md, "Memory phases").
Result<std::unique_ptr<VirtioInside>> make_balloon(const PciWorld& world, const PciDevice& device) {
  Bell& bell = world.loop(device);
  const bool keep = wants_real_time(world.config) || is_on(world.config.mlock, world.config);
  const auto mode = keep ? RamPageReturner::Mode::count_only : RamPageReturner::Mode::give_back;
  TRY(auto returner,
      RamPageReturner::create(world.ram, world.config.hugepages, world.mem, mode, bell));
  return std::make_unique<BalloonInside>(world.mem, std::move(returner), bell);
}

}  // namespace takt
