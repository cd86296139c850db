// SPDX-License-Identifier: Apache-2.0
// What the tests of the 82540EM share: the model with fakes around it, a guest's rings and buffers,
// and a port that keeps what is sent.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <optional>
#include <vector>

#include "pci/e1000.h"

namespace takt::e1000 {

using Bytes = std::vector<std::uint8_t>;

class FakeFramePort final : public FramePort {
 public:
  struct Sent {
    FrameHeader header;
    Bytes bytes;
    std::size_t pieces = 0;
  };
  struct Coming {
    FrameHeader header;
    Bytes bytes;
  };

  [[nodiscard]] FrameOffloads send_offloads() const RT override { return takes; }
  [[nodiscard]] FrameOffloads receive_offloads() const RT override { return {}; }
  void set_receive_offloads(const FrameOffloads&) RT override {}
  [[nodiscard]] bool send(const FrameHeader& header, std::span<const iovec> pieces) RT override {
    ++attempts;
    if (room == 0) return false;
    --room;
    Sent frame{header, {}, pieces.size()};
    for (const iovec& piece : pieces) {
      const auto* const from = static_cast<const std::uint8_t*>(piece.iov_base);
      frame.bytes.insert(frame.bytes.end(), from, from + piece.iov_len);
    }
    longest = std::max(longest, frame.bytes.size());
    most_pieces = std::max(most_pieces, pieces.size());
    if (keeps) sent.push_back(std::move(frame));
    return true;
  }
  [[nodiscard]] std::optional<Received> receive(std::span<const iovec> pieces) RT override {
    if (coming.empty()) return std::nullopt;
    const Coming frame = std::move(coming.front());
    coming.pop_front();
    const std::size_t bytes = std::min(frame.bytes.size(), pieces[0].iov_len);
    std::copy_n(frame.bytes.begin(), bytes, static_cast<std::uint8_t*>(pieces[0].iov_base));
    return Received{frame.header, bytes, bytes < frame.bytes.size()};
  }
  void want_receive(bool want) RT override { wants_receive = want; }
  void want_send(bool want) RT override { wants_send = want; }

  FrameOffloads takes;
  std::size_t room = ~std::size_t{0};
  std::size_t attempts = 0;
  bool keeps = true;
  std::size_t longest = 0;
  std::size_t most_pieces = 0;
  std::vector<Sent> sent;
  std::deque<Coming> coming;
  bool wants_receive = false;
  bool wants_send = false;
};

class FakeLine final : public IrqSink {
 public:
  void drive(bool level) RT override {
    now = level;
    rises += level ? 1 : 0;
  }
  bool now = false;
  unsigned rises = 0;
};

class FakeClock final : public Clock {
 public:
  std::int64_t realtime_ns() const RT override { return ns; }
  std::int64_t ns = 1'000'000'000;
};

class FakeAlarm final : public Alarm {
 public:
  void arm(std::int64_t deadline_ns) RT override {
    deadline = deadline_ns;
    ++armed;
  }
  void disarm() RT override { deadline.reset(); }
  std::optional<std::int64_t> deadline;
  unsigned armed = 0;
};

class FakeBell final : public Bell {
 public:
  void ring() RT override { ++rung; }
  std::atomic<unsigned> rung = 0;
};

inline constexpr MacAddress test_mac{0x52, 0x54, 0x00, 0x12, 0x34, 0x56};

/// The world of a device, with RAM at 0x10000.
struct Bench {
  explicit Bench(std::size_t ram_bytes = 1_MiB) : ram(ram_bytes) {}

  static constexpr Gpa ram_start{0x1'0000};

  std::uint32_t in(Reg reg, std::size_t n = 0) {
    return static_cast<std::uint32_t>(
        device.read({static_cast<std::uint64_t>(reg) + 4 * n, Width::b4}));
  }
  void out(Reg reg, std::uint32_t value, std::size_t n = 0) {
    device.write({static_cast<std::uint64_t>(reg) + 4 * n, Width::b4}, value);
  }
  /// The server's turns, until there is no more to do.
  void run() {
    for (int n = 0; n < 100'000 && device.work() == Worked::some; ++n) {
    }
  }
  /// The clock goes on; the alarm is called when it is due.
  void pass_ns(std::int64_t ns) {
    clock.ns += ns;
    if (!alarm.deadline || *alarm.deadline > clock.ns) return;
    alarm.deadline.reset();
    device.alarm_fired();
    run();
  }
  Bytes at(std::uint64_t gpa, std::size_t n) {
    Bytes bytes(n);
    EXPECT_TRUE(mem.read(Gpa{gpa}, std::as_writable_bytes(std::span{bytes})));
    return bytes;
  }
  void put(std::uint64_t gpa, const Bytes& bytes) {
    EXPECT_TRUE(mem.write(Gpa{gpa}, std::as_bytes(std::span{bytes})));
  }

  std::vector<std::byte> ram;
  GuestMem mem{{RamRegion{ram_start, ram}}};
  FakeFramePort port;
  FakeLine line;
  FakeClock clock;
  FakeAlarm alarm;
  FakeBell bell;
  E1000 device{port, line, clock, alarm, mem, bell, test_mac};
};

/// A driver with a ring of 16 descriptors in each direction.
struct E1000Fixture : testing::Test, Bench {
  static constexpr std::uint32_t entries = 16;
  static constexpr std::uint64_t tx_ring = 0x1'1000;
  static constexpr std::uint64_t rx_ring = 0x1'2000;
  static constexpr std::uint64_t tx_buffers = 0x2'0000;
  static constexpr std::uint64_t rx_buffers = 0x8'0000;  // 2 KiB each

  static constexpr std::uint32_t eop = 1u << 24, ifcs = 1u << 25, rs = 1u << 27, dext = 1u << 29,
                                 vle = 1u << 30, ide = 1u << 31, tse = 1u << 26, ic = 1u << 26,
                                 data_type = 1u << 20;
  static constexpr std::uint64_t ixsm = 1ull << 40, txsm = 2ull << 40;

  void start_tx(std::uint32_t n = entries) {
    out(Reg::TDBAL, tx_ring);
    out(Reg::TDLEN, n * 16);
    out(Reg::TDH, 0);
    out(Reg::TDT, 0);
    out(Reg::TCTL, 0x0004'010a);  // EN, PSP
  }
  void start_rx(std::uint32_t rctl = 0x0400'8002, std::uint32_t given = entries - 1) {
    for (std::uint32_t n = 0; n < entries; ++n) put_rx(n, {.address = rx_buffers + n * 2048u});
    out(Reg::RDBAL, rx_ring);
    out(Reg::RDLEN, entries * 16);
    out(Reg::RDH, 0);
    out(Reg::RDT, given);
    out(Reg::RCTL, rctl);  // EN, BAM, SECRC
    run();
  }
  void put_rx(std::uint32_t n, const RxDescriptor& d) {
    EXPECT_TRUE(mem.store(Gpa{rx_ring + n * 16}, d));
  }
  [[nodiscard]] RxDescriptor rx(std::uint32_t n) const {
    return mem.load<RxDescriptor>(Gpa{rx_ring + n * 16}).value_or(RxDescriptor{});
  }
  [[nodiscard]] bool tx_done(std::uint32_t n) const {
    const auto d = mem.load<TxDescriptor>(Gpa{tx_ring + n * 16}).value_or(TxDescriptor{});
    return (d.high >> 32 & 1) != 0;
  }

  /// Appends a descriptor; TDT is not written.
  void add_tx(std::uint64_t low, std::uint64_t high) {
    EXPECT_TRUE(mem.store(Gpa{tx_ring + next * 16}, TxDescriptor{low, high}));
    next = (next + 1) % (in(Reg::TDLEN) / 16);
  }
  void add_legacy(std::uint64_t address, std::uint32_t length, std::uint64_t cmd) {
    add_tx(address, length | cmd);
  }
  void add_data(std::uint64_t address, std::uint32_t length, std::uint64_t cmd) {
    add_tx(address, length | cmd | dext | data_type);
  }
  void add_context(const TxContext& c, bool segment) {
    const std::uint64_t low = std::uint64_t{c.tucse} << 48 | std::uint64_t{c.tucso} << 40 |
                              std::uint64_t{c.tucss} << 32 | std::uint64_t{c.ipcse} << 16 |
                              std::uint64_t{c.ipcso} << 8 | c.ipcss;
    const std::uint64_t high = std::uint64_t{c.mss} << 48 | std::uint64_t{c.hdrlen} << 40 | dext |
                               (c.snap ? 1u << 28 : 0) | (segment ? tse : 0) |
                               (c.ipv4 ? 1u << 25 : 0) | (c.tcp ? 1u << 24 : 0) | c.paylen;
    add_tx(low, high);
  }
  void ring_tail() {
    out(Reg::TDT, next);
    run();
  }
  /// Puts `frame` into a buffer of its own and sends it with one legacy descriptor.
  void send(const Bytes& frame, std::uint64_t cmd = eop | ifcs | rs) {
    const std::uint64_t at = tx_buffers + next * 0x1000ull;
    put(at, frame);
    add_legacy(at, static_cast<std::uint32_t>(frame.size()), cmd);
    ring_tail();
  }
  void arrive(const Bytes& frame, const FrameHeader& header = {}) {
    port.coming.push_back({header, frame});
    run();
  }

  std::uint32_t next = 0;
};

/// A frame of `n` bytes to `to`, with data that count up.
inline Bytes frame_of(std::size_t n, const MacAddress& to = test_mac) {
  Bytes frame(n);
  for (std::size_t k = 0; k < n; ++k) frame[k] = static_cast<std::uint8_t>(k);
  std::copy(to.begin(), to.end(), frame.begin());
  frame[12] = 0x88;  // for local experiments
  frame[13] = 0xb5;
  return frame;
}

inline constexpr MacAddress broadcast{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

}  // namespace takt::e1000
