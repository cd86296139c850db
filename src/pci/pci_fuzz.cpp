// SPDX-License-Identifier: Apache-2.0
// Configuration space and an MSI-X table under arbitrary accesses: nothing outside what was defined
// changes, and BARs are shown at multiples of their size only.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/result.h"
#include "pci/fakes.h"
#include "pci/root.h"

namespace takt::pci {
namespace {

struct Step {
  std::uint8_t what;
  std::uint8_t width;
  std::uint16_t offset;
  std::uint32_t value;
};

class World {
 public:
  World() {
    std::vector<MsiVector*> sinks;
    for (auto& vector : vectors_) sinks.push_back(&vector);
    function_.add_bar({.index = 0, .bytes = 0x4000, .device = &registers_});
    function_.add_bar({.index = 2, .kind = BarKind::io, .bytes = 64, .device = &registers_});
    function_.add_bar(
        {.index = 4, .kind = BarKind::mem64, .bytes = 1 << 20, .device = &registers_});
    msix_ = &function_.add_msix(sinks, 1, upkeep_, 1, DeviceId{1});
    intx_ = &function_.add_intx(pin_, 16);
    (void)plain_.add_msi({&vectors_[0], &vectors_[1], &vectors_[2], &vectors_[3]}, true);
    plain_intx_ = &plain_.add_intx(pin_, 17);
    upkeep_.attach(1, function_);
    upkeep_.attach(2, plain_);
    upkeep_.attach(mapper_);
  }

  void step(const Step& step) {
    static constexpr std::array widths{Width::b1, Width::b2, Width::b4, Width::b4};
    const Width width = widths[step.width % 4];
    const Access config{0x8000u | (step.offset & 0xfff), width};
    const Access table{step.offset % (msix_->bar_bytes(5) - 8), width};
    const Access plain{0x10000u | (step.offset & 0xff), width};
    switch (step.what % 11) {
      case 8: ecam_.write(plain, step.value); break;
      case 9: plain_.msi()->fire(static_cast<std::uint16_t>(step.value)); break;
      case 10: plain_intx_->drive((step.value & 1) != 0); break;
      case 0: (void)ecam_.read(config); break;
      case 1: ecam_.write(config, step.value); break;
      case 2: ecam_.write({0x8000u | (step.offset & 0xff), width}, step.value); break;
      case 3: (void)msix_->read(table); break;
      case 4: msix_->write(table, step.value); break;
      case 5: msix_->fire(static_cast<std::uint16_t>(step.value)); break;
      case 6: intx_->drive((step.value & 1) != 0); break;
      default: ports_.write({step.offset % 8u, Width::b4}, step.value); break;
    }
    check();
  }

 private:
  void check() {
    if (function_.config().read(0, Width::b4) != 0x56781234) VMM_BUG("identity changed");
    for (const MappedBar& bar : mapper_.bars)
      if (bar.start % bar.bar->bytes != 0) VMM_BUG("BAR is not aligned");
  }

  std::array<fakes::RecordingVector, 5> vectors_;
  fakes::Registers registers_;
  fakes::RecordingPin pin_;
  fakes::RecordingMapper mapper_;
  Upkeep upkeep_;
  Function function_{{.vendor = 0x1234, .device = 0x5678}};
  Function plain_{{.vendor = 0x1234, .device = 0x5679}};
  Root root_{upkeep_};
  Ecam ecam_{root_};
  ConfigPorts ports_{root_};
  Msix* msix_ = nullptr;
  IrqSink* intx_ = nullptr;
  IrqSink* plain_intx_ = nullptr;
};

}  // namespace
}  // namespace takt::pci

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  takt::pci::World world;
  for (takt::pci::Step step; size >= sizeof step; data += sizeof step, size -= sizeof step) {
    std::memcpy(&step, data, sizeof step);
    world.step(step);
  }
  return 0;
}
