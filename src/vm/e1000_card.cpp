// SPDX-License-Identifier: Apache-2.0
#include "vm/e1000_card.h"

#include "host/system_clock.h"
#include "host/timer_alarm.h"
#include "kvm/msi_vector.h"
#include "pci/e1000.h"
#include "pci/regs.h"
#include "vm/frame_ports.h"

namespace takt {
namespace {

constexpr pci::Identity identity{.vendor = E1000::vendor_id,
                                 .device = E1000::device_id,
                                 .revision = E1000::revision,
                                 .class_code = E1000::class_code,
                                 .subsystem_vendor = E1000::vendor_id,
                                 .subsystem = 0x001e};  // PRO/1000 MT desktop adapter

class E1000Card final : public PciCard, public CardInside {
 public:
  E1000Card(const PciWorld& world, const PciDevice& device, PciPin pin,
            std::unique_ptr<FramePort> port, std::unique_ptr<kvm::IrqfdVector> vector)
      : port_{std::move(port)},
        vector_{std::move(vector)},
        function_{identity},
        line_{add_interrupts(pin)},
        mem_{world.mem},
        bell_{world.loop(device)},
        mac_{mac_of(world.config, device)} {}

  [[nodiscard]] pci::Function& function() override { return function_; }
  [[nodiscard]] CardInside& inside() override { return *this; }
  [[nodiscard]] std::vector<ServiceTimes> service_times() const override {
    return {{"receive", model_->receive_times()}, {"send", model_->transmit_times()}};
  }

  Result<> plug(const PciWorld& world, const PciDevice& device) {
    TRY(alarm_, TimerAlarm::on_steady_clock(clock_));
    model_.emplace(*port_, line_, clock_, *alarm_, mem_, bell_, mac_);
    model_->belong_to(function_);
    Guarded& guarded = world.servers.guard(world.config, device.name, *model_);
    io_.emplace(guarded);
    world.servers.add_work(world.config, device.name, guarded, *model_);
    const DeviceId id = guarded.id();
    function_.add_bar({.index = 0,
                       .bytes = E1000::memory_bytes,
                       .device = &guarded,
                       .id = id,
                       .widest = E1000::widest});
    function_.add_bar({.index = 1,
                       .kind = pci::BarKind::io,
                       .bytes = E1000::io_bytes,
                       .device = &*io_,
                       .id = id,
                       .widest = E1000::widest});
    return alarm_->watch_by(world.loop(device), id,
                            [this, &guarded] { guarded.with([this] { model_->alarm_fired(); }); });
  }

 private:
  IrqSink& add_interrupts(PciPin pin) {
    if (vector_) function_.add_msi({vector_.get()}, false);
    return function_.add_intx(pin.sink, pin.line);
  }

  std::unique_ptr<FramePort> port_;
  std::unique_ptr<kvm::IrqfdVector> vector_;  // null: the interrupt controller takes no MSIs
  pci::Function function_;
  IrqSink& line_;
  const GuestMem& mem_;
  Bell& bell_;
  MacAddress mac_;
  SteadyClock clock_;
  std::unique_ptr<TimerAlarm> alarm_;
  std::optional<E1000> model_;
  std::optional<E1000Io> io_;
};

}  // namespace

Result<std::unique_ptr<PciCard>> make_e1000(const PciWorld& world, const PciDevice& device,
                                            PciPin pin) {
  TRY(auto ports, open_frame_ports(world, device));
  std::unique_ptr<kvm::IrqfdVector> vector;
  if (world.has_msi) {
    TRY(vector, kvm::IrqfdVector::create(world.vm, world.routing, pci::devfn_of(device.slot)));
  }
  auto card =
      std::make_unique<E1000Card>(world, device, pin, std::move(ports.front()), std::move(vector));
  TRY_VOID(card->plug(world, device));
  return card;
}

}  // namespace takt
