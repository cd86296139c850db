// SPDX-License-Identifier: Apache-2.0
// Any sequence of register accesses, descriptors, frames, link changes, timers and a port that is
// full at times. Descriptors are random bytes or ones that a driver could have written, so that the
// paths behind the checks are reached. Invariants: the line is what cause, mask and throttling say,
// every turn is bounded, the port gets what it is promised, and what waits for time has an alarm.
#include <array>
#include <cstdlib>
#include <span>

#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

class Input {
 public:
  explicit Input(std::span<const std::uint8_t> bytes) : bytes_{bytes} {}
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  std::uint8_t u8() {
    if (bytes_.empty()) return 0;
    const std::uint8_t byte = bytes_.front();
    bytes_ = bytes_.subspan(1);
    return byte;
  }
  std::uint32_t u16() { return static_cast<std::uint32_t>(u8() << 8 | u8()); }
  std::uint32_t u32() { return u16() << 16 | u16(); }
  std::uint64_t u64() { return std::uint64_t{u32()} << 32 | u32(); }

 private:
  std::span<const std::uint8_t> bytes_;
};

constexpr std::array registers{
    Reg::CTRL, Reg::EECD, Reg::EERD,  Reg::MDIC,  Reg::VET,    Reg::FCT,    Reg::ICR,   Reg::ITR,
    Reg::ICS,  Reg::IMS,  Reg::IMC,   Reg::RCTL,  Reg::TCTL,   Reg::RDBAL,  Reg::RDBAH, Reg::RDLEN,
    Reg::RDH,  Reg::RDT,  Reg::RDTR,  Reg::RADV,  Reg::RSRPD,  Reg::TDBAL,  Reg::TDBAH, Reg::TDLEN,
    Reg::TDH,  Reg::TDT,  Reg::TIDV,  Reg::TADV,  Reg::TXDCTL, Reg::RXCSUM, Reg::MTA,   Reg::RAL,
    Reg::RAH,  Reg::VFTA, Reg::GORCL, Reg::GORCH, Reg::STATUS,
};

class Trial {
 public:
  explicit Trial(std::span<const std::uint8_t> bytes) : in_{bytes} { world_.port.keeps = false; }

  void run() {
    for (int steps = 0; !in_.empty() && steps < 400; ++steps) {
      step(in_.u8());
      check();
    }
    for (int n = 0; n < 8; ++n) turn();
    check();
  }

 private:
  static constexpr std::size_t ram_bytes = 256 * 1024;
  static constexpr std::uint64_t tx_ring = 0x1'0000;
  static constexpr std::uint64_t rx_ring = 0x1'1000;
  static constexpr std::uint64_t buffers = 0x1'2000;

  void step(std::uint8_t op) {
    switch (op % 16) {
      case 0: return write(Reg{in_.u16() & 0x7ffc}, in_.u32());
      case 1: return write(any_register(), in_.u32());
      case 2: return write(any_register(), in_.u8());
      case 3: return (void)world_.in(any_register());
      case 4: return odd_access();
      case 5: return start();
      case 6: return random_descriptor();
      case 7: return context();
      case 8:
      case 9: return data();
      case 10: return receive_descriptor();
      case 11: return advance_tail();
      case 12: return arrive();
      case 13: return turn();
      case 14: return time();
      default: return outside();
    }
  }

  void check() const {
    const InterruptUnit& unit = world_.device.interrupts();
    const bool wanted = (unit.causes() & unit.ims()) != 0;
    require(world_.line.now == (wanted && !unit.held_until()));
    require(world_.port.longest <= 64 * 1024 && world_.port.most_pieces <= 64);
  }

  // --- the guest ---
  Reg any_register() { return registers[in_.u8() % registers.size()]; }
  void write(Reg reg, std::uint32_t value) { world_.out(reg, value); }
  void odd_access() {
    const Access access{.offset = in_.u16(),
                        .width = Width{static_cast<std::uint8_t>(1u << (in_.u8() & 3))}};
    if ((in_.u8() & 1) != 0)
      world_.device.write(access, in_.u32());
    else
      (void)world_.device.read(access);
  }
  /// What a driver does first; sizes and switches are any.
  void start() {
    const std::uint8_t bits = in_.u8();
    write(Reg::CTRL, (bits & 1) != 0 ? 1u << 30 : 0);
    write(Reg::TDBAL, tx_ring);
    write(Reg::TDBAH, 0);
    write(Reg::TDLEN, 128u * (1 + (bits >> 4)));
    write(Reg::TDH, 0);
    write(Reg::TDT, 0);
    write(Reg::TCTL, 0x0a);
    write(Reg::RDBAL, rx_ring);
    write(Reg::RDBAH, 0);
    write(Reg::RDLEN, 128u * (1 + (bits >> 6)));
    write(Reg::RDH, 0);
    write(Reg::RDT, in_.u8());
    write(Reg::RCTL, 0x801a | (in_.u16() << 16 & 0x06df'0000) | (in_.u16() & 0x33e0));
    write(Reg::RXCSUM, 0x700u | in_.u8());
    next_ = 0;
  }
  std::uint32_t entries() { return std::max(1u, world_.in(Reg::TDLEN) / 16); }
  void put(std::uint64_t low, std::uint64_t high) {
    (void)world_.mem.store(Gpa{tx_ring + next_ * 16}, TxDescriptor{low, high});
    next_ = (next_ + 1) % entries();
  }
  void random_descriptor() {
    const std::uint64_t low = in_.u64();
    put(low, in_.u64());
  }
  void context() {
    const std::uint8_t bits = in_.u8();
    const bool ipv4 = (bits & 1) != 0;
    const bool tcp = (bits & 2) != 0;
    const std::uint64_t tucss = ipv4 ? 34 : 54;
    const std::uint64_t header = tucss + (tcp ? 20 : 8);
    const std::uint64_t flags =
        (ipv4 ? 1u << 25 : 0) | (tcp ? 1u << 24 : 0) | ((bits & 4) != 0 ? 1u << 26 : 0) |
        ((bits & 8) != 0 ? 1u << 28 : 0) | 1u << 29 | ((bits & 16) != 0 ? 1u << 27 : 0);
    std::uint64_t low = (tucss + (tcp ? 16 : 6)) << 40 | tucss << 32 | 24 << 8 | 14;
    if ((bits & 32) != 0) low ^= in_.u64();
    put(low, std::uint64_t{in_.u16()} << 48 | header << 40 | flags | in_.u16());
  }
  /// A data or legacy descriptor; the buffer is RAM mostly.
  void data() {
    const std::uint8_t bits = in_.u8();
    const std::uint8_t more = in_.u8();
    const std::uint64_t length = (more & 1) != 0 ? in_.u16() : in_.u8();
    const std::uint64_t address =
        buffers + (std::uint64_t{in_.u8()} << 9) - ((more & 2) != 0 ? 0x8000 : 0);
    const std::uint64_t kind = (more & 4) != 0 ? 1u << 29 | 1u << 20 : 0;
    put(address, length | std::uint64_t{bits} << 24 | kind | std::uint64_t{more >> 3 & 3u} << 40 |
                     std::uint64_t{more} << 48 | ((more & 128) != 0 ? in_.u32() & 0xf'0000u : 0));
    if ((more & 32) != 0) packet(address);
  }
  /// Headers that fit the contexts.
  void packet(std::uint64_t address) {
    Bytes frame = frame_of(128);
    const bool ipv4 = (in_.u8() & 1) != 0;
    frame[12] = ipv4 ? 0x08 : 0x86;
    frame[13] = ipv4 ? 0x00 : 0xdd;
    frame[14] = ipv4 ? 0x45 : 0x60;
    frame[(ipv4 ? 34 : 54) + 12] = 0x50;
    (void)world_.mem.write(Gpa{address}, std::as_bytes(std::span{frame}));
  }
  void receive_descriptor() {
    const std::uint64_t address = (in_.u8() & 7) == 0 ? in_.u64() : buffers + in_.u16() * 2u;
    (void)world_.mem.store(Gpa{rx_ring + in_.u8() * 16u}, RxDescriptor{.address = address});
  }
  void advance_tail() {
    const std::uint8_t which = in_.u8();
    if ((which & 1) != 0) write(Reg::TDT, next_);
    if ((which & 2) != 0) write(Reg::RDT, which >> 2);
  }

  // --- the outside ---
  void arrive() {
    const std::uint8_t bits = in_.u8();
    const std::size_t bytes = (bits & 1) != 0 ? in_.u16() % 17'000 : in_.u8();
    Bytes frame =
        frame_of(std::max<std::size_t>(bytes, 14), (bits & 2) != 0 ? broadcast : test_mac);
    frame.resize(bytes);
    if (frame.size() < 64) {
      for (std::uint8_t& byte : frame) byte = in_.u8();
    } else {
      std::size_t at = 12;
      if ((bits & 4) != 0) frame[at++] = 0x81, frame[at++] = 0, at += 2;
      frame[at++] = (bits & 8) != 0 ? 0x08 : 0x86;
      frame[at++] = (bits & 8) != 0 ? 0x00 : 0xdd;
      for (std::size_t n = 0; n < 12; ++n) frame[at++] = in_.u8();
    }
    const FrameHeader header{
        .flags = static_cast<std::uint8_t>(bits >> 4 & 3),
        .csum_start = static_cast<std::uint16_t>((bits & 1) != 0 ? in_.u16() : 34),
        .csum_offset = 16};
    if (world_.port.coming.size() < 32) world_.port.coming.push_back({header, std::move(frame)});
  }
  void turn() {
    const std::size_t attempts = world_.port.attempts;
    const std::size_t coming = world_.port.coming.size();
    const Worked worked = world_.device.work();
    require(world_.port.attempts - attempts <= Transmitter::frames_in_a_turn + 1);
    require(coming - world_.port.coming.size() <= Receiver::frames_in_a_turn);
    const auto held = world_.device.interrupts().held_until();
    require(!held || (world_.alarm.deadline && *world_.alarm.deadline <= *held));
    const bool enabled = Rctl::en::get(world_.in(Reg::RCTL));
    require(worked == Worked::some || enabled || !world_.port.wants_receive);
  }
  void time() {
    world_.clock.ns +=
        static_cast<std::int64_t>(in_.u16()) * 64 - ((in_.u8() & 15) == 0 ? 1'000'000 : 0);
    if (!world_.alarm.deadline || *world_.alarm.deadline > world_.clock.ns) return;
    world_.alarm.deadline.reset();
    world_.device.alarm_fired();
  }
  void outside() {
    const std::uint8_t bits = in_.u8();
    world_.port.room = (bits & 1) != 0 ? ~std::size_t{0} : bits >> 5;
    world_.port.takes = {.csum = (bits & 2) != 0, .tso4 = (bits & 4) != 0, .tso6 = (bits & 8) != 0};
    if ((bits & 16) != 0) world_.device.set_link((bits & 32) != 0);
  }

  Input in_;
  Bench world_{ram_bytes};
  std::uint32_t next_ = 0;
};

}  // namespace
}  // namespace takt::e1000

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  takt::e1000::Trial{{data, size}}.run();
  return 0;
}
