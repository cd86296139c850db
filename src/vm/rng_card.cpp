// SPDX-License-Identifier: Apache-2.0
#include "host/system_clock.h"
#include "host/system_entropy.h"
#include "host/timer_alarm.h"
#include "virtio/rng.h"
#include "vm/virtio_card.h"

namespace takt {
namespace {

class RngInside final : public VirtioInside {
 public:
  /// Without a limit `bytes_per_second` is 0.
  static Result<std::unique_ptr<VirtioInside>> create(std::uint64_t bytes_per_second,
                                                      EventLoop& loop, DeviceId device) {
    auto inside = std::make_unique<RngInside>();
    if (bytes_per_second == 0) return inside;
    TRY(inside->alarm_, TimerAlarm::on_steady_clock(inside->clock_));
    inside->rng_.emplace(inside->source_, virtio::RngLimit{.bytes_per_second = bytes_per_second,
                                                           .clock = inside->clock_,
                                                           .alarm = *inside->alarm_});
    TRY_VOID(inside->alarm_->watch_by(loop, device, [rng = &*inside->rng_] { rng->due(); }));
    return inside;
  }
  [[nodiscard]] virtio::Model& model() override { return *rng_; }

 private:
  SystemEntropy source_;
  SteadyClock clock_;
  std::unique_ptr<TimerAlarm> alarm_;
  std::optional<virtio::Rng> rng_{source_};
};

}  // namespace

Result<std::unique_ptr<VirtioInside>> make_rng(const PciWorld& world, const PciDevice& device) {
  return RngInside::create(world.config.rng_limit, world.loop(device), world.id(device));
}

}  // namespace takt
