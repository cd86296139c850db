// SPDX-License-Identifier: Apache-2.0
// Any register accesses, of the BAR and through the window, with ring memory changed between them.
// A short way to a running device is one of the steps. Invariants: test_trial.h's, and the pin is
// the ISR status unless it is disabled.
#include "pci/fakes.h"
#include "pci/regs.h"
#include "pci/upkeep.h"
#include "virtio/pci_common.h"
#include "virtio/pci_transport.h"
#include "virtio/test_trial.h"

namespace takt::virtio {
namespace {

using namespace fakes;
using namespace pci_common;

class Trial {
 public:
  Trial() {
    std::vector<MsiVector*> sinks;
    for (auto& vector : vectors_) sinks.push_back(&vector);
    pci::Function& f = transport_.function();
    f.set_bar_device(0, transport_, DeviceId{1});
    transport_.attach(f.add_msix(sinks, PciTransport::msix_bar, upkeep_, 3, DeviceId{1}));
    upkeep_.attach(3, f);
  }

  void step(const Op& op) {
    switch (op.kind & 15) {
      case 0: return static_cast<void>(transport_.work());
      case 1: return static_cast<void>(transport_.read({op.place % 0x4000u, op.width()}));
      case 2: return transport_.write({op.place % 0x4000u, op.width()}, cut(op));
      case 3:
      case 4: return write_register(op);
      case 5: return static_cast<void>(transport_.read({0x1000, Width::b1}));
      case 6: return transport_.write({0x3000u + 4 * (op.small & 3), Width::b4}, 0);
      case 7: return drive(op);
      case 8: return parts_.scribble(op);
      case 9:
      case 10: return parts_.post(op);
      case 11: return parts_.collect(op);
      case 12: parts_.model.keep = (op.small & 1) != 0; return;
      case 13: return config(op);
      case 14: return parts_.signal(op);
      default:
        return transport_.function().msix()->write({op.place % 0x1000u, Width::b4}, op.value);
    }
  }
  void check() {
    TrialParts::check(transport_.core());
    const std::uint32_t command = transport_.function().read({pci::Reg::command, Width::b2});
    require(pin_.now == (transport_.isr() != 0 && (command & 1 << 10) == 0));
    require((transport_.isr() & ~3u) == 0);
  }

 private:
  static std::uint64_t cut(const Op& op) { return op.value & width_mask(op.width()); }

  void write_register(const Op& op) {
    const Register& reg = registers[op.small % registers.size()];
    transport_.write({reg.offset, reg.width}, op.value & width_mask(reg.width));
    static_cast<void>(transport_.read({reg.offset, reg.width}));
  }
  /// As a driver does it, with the features and queues that `op` says.
  void drive(const Op& op) {
    transport_.write({device_status, Width::b1}, 0);
    if (transport_.read({device_status, Width::b1}) != 0) return;
    const std::uint64_t features = TrialParts::features(op);
    parts_.lay_out(features);
    for (const std::uint32_t window : {0u, 1u}) {
      transport_.write({driver_feature_select, Width::b4}, window);
      transport_.write({driver_feature, Width::b4},
                       static_cast<std::uint32_t>(features >> (32 * window)));
    }
    transport_.write({device_status, Width::b1}, 11);
    require(transport_.read({device_status, Width::b1}) == 11);
    for (const std::uint16_t queue : {std::uint16_t{0}, std::uint16_t{1}}) enable(queue);
    transport_.write({device_status, Width::b1}, 15);
    require(transport_.read({device_status, Width::b1}) == 15);
  }
  void enable(std::uint16_t queue) {
    const QueueLayout& at = parts_.layout(queue);
    transport_.write({queue_select, Width::b2}, queue);
    transport_.write({queue_size, Width::b2}, at.size);
    transport_.write({queue_msix_vector, Width::b2}, queue + 1u);
    transport_.write({queue_desc, Width::b4}, at.desc.raw());
    transport_.write({queue_driver, Width::b4}, at.driver.raw());
    transport_.write({queue_device, Width::b4}, at.device.raw());
    transport_.write({queue_enable, Width::b2}, 1);
    require(transport_.read({queue_enable, Width::b2}) == 1);
  }
  void config(const Op& op) {
    pci::Function& f = transport_.function();
    const Access access{op.place & 0xffu, op.width() == Width::b8 ? Width::b4 : op.width()};
    Device* window = f.window(access);
    if (window != nullptr) {
      static_cast<void>(window->read(f.in_window(access)));
      window->write(f.in_window(access), op.value & width_mask(access.width));
    } else if (f.write(access, op.value).route) {
      f.msix()->route(pci::Msix::all_vectors);
    }
  }

  TrialParts parts_;
  pci::fakes::RecordingPin pin_;
  std::array<pci::fakes::RecordingVector, 3> vectors_;
  pci::Upkeep upkeep_;
  PciTransport transport_{parts_.model, parts_.memory.guest(), parts_.bell, pin_, 11};
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return takt::virtio::fakes::run_ops<takt::virtio::Trial>({data, size});
}
