// SPDX-License-Identifier: Apache-2.0
// Any register accesses, with ring memory changed between them. A short way to a running device is
// one of the steps. Invariants: test_trial.h's, and the line is the interrupt status.
#include "virtio/mmio_transport.h"
#include "virtio/test_trial.h"

namespace takt::virtio {
namespace {

using namespace fakes;

struct Line final : IrqSink {
  void drive(bool level) RT override { now = level; }
  bool now = false;
};

class Trial {
 public:
  void step(const Op& op) {
    const std::uint64_t any = op.place % MmioTransport::bytes;
    switch (op.kind & 15) {
      case 0: return static_cast<void>(transport_.work());
      case 1: return static_cast<void>(transport_.read({any, op.width()}));
      case 2: return transport_.write({any, op.width()}, op.value & width_mask(op.width()));
      case 3:
      case 4: return write(op.place % 0x40 * 4, op.value);
      case 5: return write(op.place % 0x40 * 4, op.small & 3);
      case 6: return write(0x050, op.small);
      case 7: return drive(op);
      case 8: return parts_.scribble(op);
      case 9:
      case 10: return parts_.post(op);
      case 11: return parts_.collect(op);
      case 12: parts_.model.keep = (op.small & 1) != 0; return;
      case 13: return write(0x064, op.value);
      default: return parts_.signal(op);
    }
  }
  void check() {
    TrialParts::check(transport_.core());
    const std::uint64_t status = read(0x060);
    require(line_.now == (status != 0) && status <= 3);
  }

 private:
  std::uint64_t read(std::uint64_t offset) { return transport_.read({offset, Width::b4}); }
  void write(std::uint64_t offset, std::uint64_t value) {
    transport_.write({offset, Width::b4}, value & 0xffff'ffff);
  }
  void drive(const Op& op) {
    write(0x070, 0);
    if (read(0x070) != 0) return;
    const std::uint64_t features = TrialParts::features(op);
    parts_.lay_out(features);
    for (const std::uint32_t window : {0u, 1u}) {
      write(0x024, window);
      write(0x020, features >> (32 * window));
    }
    write(0x070, 11);
    require(read(0x070) == 11);
    for (const unsigned queue : {0u, 1u}) enable(queue);
    write(0x070, 15);
    require(read(0x070) == 15);
  }
  void enable(unsigned queue) {
    const QueueLayout& at = parts_.layout(queue);
    write(0x030, queue);
    write(0x038, at.size);
    write(0x080, at.desc.raw());
    write(0x090, at.driver.raw());
    write(0x0a0, at.device.raw());
    write(0x044, 1);
    require(read(0x044) == 1);
  }

  TrialParts parts_;
  Line line_;
  MmioTransport transport_{parts_.model, parts_.memory.guest(), parts_.bell, line_};
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return takt::virtio::fakes::run_ops<takt::virtio::Trial>({data, size});
}
