// SPDX-License-Identifier: Apache-2.0
// Any sequence of guest accesses and host events, with a sink that is full at times. Invariants:
// the line is what RIS and IMSC say, the FIFOs are bounded, an interrupt of a trigger level is set
// only beyond that level, and every character is delivered once, waits, or is counted as lost.
#include <cstdlib>
#include <cstring>
#include <span>

#include "dev/fakes.h"
#include "dev/pl011.h"

namespace takt {
namespace {

using namespace pl011;

constexpr std::size_t op_bytes = 6;

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
  void step(std::span<const std::uint8_t, op_bytes> op) {
    std::uint32_t value = 0;
    std::memcpy(&value, &op[2], sizeof value);
    const std::uint64_t offset = op[1] % 20 * 4;  // DR to DMACR and one beyond
    const auto width = static_cast<Width>(1 << (op[0] >> 4 & 3));
    switch (op[0] & 7) {
      case 0: return write({offset, width}, value);
      case 1: return read({offset, width});
      case 2: return write({0, Width::b1}, value);  // DR more often
      case 3: return read({0, Width::b4});
      case 4: return receive(static_cast<std::uint8_t>(value));
      case 5: uart_.tx_resume(); return;
      case 6: sink_.room = value % 40; return;
      default: return elsewhere({value % 0x1100, width}, value);
    }
  }

  void check() {
    const Pl011::State& s = uart_.state();
    const std::size_t depth = LcrH::fen::get(s.lcr_h.raw) ? fifo_depth : 1;
    require(s.rx.size() <= depth && s.tx.size() <= depth && uart_.rx_room() <= depth);
    require((s.cr.raw & ~Cr::writable) == 0 && (s.imsc.raw & ~Interrupts::all) == 0);
    check_interrupts(s, fakes::in32(uart_, 0x3c));
    const Pl011::Counters& lost = uart_.counters();
    require(written_ + received_ ==
            sink_.taken + read_ + s.tx.size() + s.rx.size() + lost.tx_lost + lost.rx_lost);
  }

 private:
  void check_interrupts(const Pl011::State& s, std::uint32_t ris) {
    const auto raw = static_cast<std::uint16_t>(ris);
    require(Interrupts::rt::get(raw) == !s.rx.empty());
    require(!Interrupts::tx::get(raw) || s.tx_low);
    require(!Interrupts::rx::get(raw) || (s.rx_high && !s.rx.empty()));
    require(fakes::in32(uart_, 0x40) == (ris & s.imsc.raw));
    require(irq_.level() == ((ris & s.imsc.raw) != 0) && line_.now == irq_.level());
  }

  void write(Access access, std::uint64_t value) {
    if (access.offset == 0) ++written_;
    uart_.write(access, value & width_mask(access.width));
  }
  void read(Access access) {
    const auto& rx = uart_.state().rx;
    const bool data = access.offset == 0 && !rx.empty();
    const std::uint64_t next = rx.front();
    read_ += data ? 1 : 0;
    const std::uint64_t value = uart_.read(access);
    require(!data || value == next);
  }
  /// Any offset: at and beyond the region's end, between registers, the identification.
  void elsewhere(Access access, std::uint64_t value) {
    if (is_aligned(access.offset, 4) && access.offset < 0x80) return;
    require(uart_.read(access) <= 0xff);
    uart_.write(access, value);
  }
  void receive(std::uint8_t value) {
    const bool room = uart_.rx_room() > 0;
    const bool taken = uart_.receive(value);
    require(taken == room);
    received_ += taken ? 1 : 0;
  }

  fakes::RecordingIrqSink line_;
  CountingSink sink_;
  LevelIrq irq_{line_};
  Pl011 uart_{irq_, sink_};
  std::uint64_t written_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t read_ = 0;
};

}  // namespace
}  // namespace takt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  takt::Trial trial;
  std::span input{data, size};
  for (; input.size() >= takt::op_bytes; input = input.subspan(takt::op_bytes)) {
    trial.step(input.first<takt::op_bytes>());
    trial.check();
  }
  return 0;
}
