// SPDX-License-Identifier: Apache-2.0
// Any sequence of guest accesses and host events, with a sink that is full at times. Invariants:
// the line is what the enabled sources and the gate say, the FIFOs are bounded, and every
// character is delivered once, waits, or is counted as lost.
#include <cstdlib>
#include <span>

#include "dev/fakes.h"
#include "dev/uart16550.h"

namespace takt {
namespace {

using namespace uart16550;

void require(bool condition) {
  if (!condition) std::abort();
}

/// Counts without keeping; full when `room` is used up.
class CountingSink : public ByteSink {
 public:
  bool push(std::uint8_t) RT override {
    if (room == 0) return false;
    --room;
    ++taken;
    return true;
  }
  unsigned room = 0;
  std::uint64_t taken = 0;
};

class Trial {
 public:
  void step(std::uint8_t op, std::uint8_t value) {
    const unsigned reg = op & 7;
    switch (op >> 3 & 7) {
      case 0:
      case 1: return write(reg, value);
      case 2:
      case 3: return read(reg);
      case 4: received_ += receive(value) ? 1 : 0; return;
      case 5: uart_.tx_resume(); return;
      case 6: sink_.room = value % 20; return;
      default: uart_.write({op, Width::b8}, value); return;  // beyond the region: nothing
    }
  }

  void check() const {
    const Uart16550::State& s = uart_.state();
    const std::size_t depth = Fcr::fifo_enable::get(s.fcr.raw) ? 16 : 1;
    require(s.rx.size() <= depth && s.tx.size() <= depth);
    require(!s.thr_pending || s.tx.empty());
    require(s.sent <= ByteFifo::capacity);
    require(irq_.level() == (gate(s) && pending(s)) && line_.now == irq_.level());
    const Uart16550::Counters& lost = uart_.counters();
    require(written_ + received_ ==
            sink_.taken + read_ + s.tx.size() + s.rx.size() + lost.tx_lost + lost.rx_lost);
  }

 private:
  static bool gate(const Uart16550::State& s) {
    return Mcr::out2::get(s.mcr.raw) && !Mcr::loop::get(s.mcr.raw);
  }
  static bool pending(const Uart16550::State& s) {
    const std::uint8_t ier = s.ier.raw;
    return (Ier::elsi::get(ier) && s.oe) || (Ier::erbfi::get(ier) && !s.rx.empty()) ||
           (Ier::etbei::get(ier) && s.thr_pending && s.sent < ByteFifo::capacity) ||
           (Ier::edssi::get(ier) && Msr::deltas::get(s.msr.raw) != 0);
  }
  bool dlab() const { return Lcr::dlab::get(uart_.state().lcr.raw); }

  void write(unsigned reg, std::uint8_t value) {
    if (reg == 0 && !dlab()) ++written_;
    fakes::outb(uart_, reg, value);
  }
  void read(unsigned reg) {
    if (reg == 0 && !dlab() && !uart_.state().rx.empty()) ++read_;
    const bool was_pending = pending(uart_.state());
    const std::uint8_t value = fakes::inb(uart_, reg);
    if (reg == 2) require(((value & 1) == 0) == was_pending);
  }
  bool receive(std::uint8_t value) {
    const std::size_t room = uart_.rx_room();
    const bool taken = uart_.receive(value);
    require(taken == (room > 0));
    return taken;
  }

  fakes::RecordingIrqSink line_;
  CountingSink sink_;
  LevelIrq irq_{line_};
  Uart16550 uart_{irq_, sink_};
  std::uint64_t written_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace
}  // namespace takt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span input{data, size};
  takt::Trial trial;
  for (std::size_t i = 0; i + 1 < input.size(); i += 2) {
    trial.step(input[i], input[i + 1]);
    trial.check();
  }
  return 0;
}
