// SPDX-License-Identifier: Apache-2.0
// The interrupt unit and the model as the board puts them: vCPUs at the inline registers, a server
// at all else. For the thread sanitizer as much as for the assertions.
#include <atomic>
#include <thread>

#include "bus/served.h"
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

/// Aborts the test when two threads drive at once.
class LonelyLine final : public IrqSink {
 public:
  void drive(bool level) RT override {
    EXPECT_EQ(inside.fetch_add(1), 0);
    EXPECT_NE(now.exchange(level), level);
    inside.fetch_sub(1);
  }
  std::atomic<int> inside = 0;
  std::atomic<bool> now = false;
};

TEST(E1000Threads, LineIsNeverLeftAtAStaleLevel) {
  constexpr int rounds = 100;
  LonelyLine line;
  FakeClock clock;
  FakeBell bell;
  InterruptUnit unit{line, clock, bell};
  for (int round = 0; round < rounds; ++round) {
    std::thread server{[&] {
      for (unsigned n = 0; n < 50; ++n) unit.set_causes(1u << n % 3);
      unit.take_over();
    }};
    std::thread vcpu0{[&] {
      for (unsigned n = 0; n < 50; ++n) (void)unit.read_icr();
    }};
    std::thread vcpu1{[&] {
      for (unsigned n = 0; n < 50; ++n) n % 2 != 0 ? unit.write_imc(3) : unit.write_ims(7);
    }};
    server.join();
    vcpu0.join();
    vcpu1.join();
    unit.take_over();
    EXPECT_EQ(line.now, (unit.causes() & unit.ims()) != 0);
  }
}

/// Loses no interrupt: who waits for the line sees each cause.
TEST(E1000Threads, EveryCauseReachesAVcpuThatWaitsForTheLine) {
  constexpr unsigned total = 500;
  LonelyLine line;
  FakeClock clock;
  FakeBell bell;
  InterruptUnit unit{line, clock, bell};
  std::atomic<unsigned> handled = 0;
  unit.write_ims(Cause::rxt0);
  std::thread vcpu{[&] {
    while (handled.load() < total) {
      if (!line.now.load()) {
        std::this_thread::yield();
        continue;
      }
      unit.write_imc(Cause::all);
      if (unit.read_icr() != 0) handled.fetch_add(1);
      unit.write_ims(Cause::rxt0);
    }
  }};
  for (unsigned n = 0; n < total; ++n) {
    unit.set_causes(Cause::rxt0);
    while (handled.load() <= n) {
      unit.take_over();
      std::this_thread::yield();
    }
  }
  vcpu.join();
  EXPECT_EQ(handled, total);
}

/// Policy B: frames in loopback, the tail posted, the interrupt acknowledged inline.
TEST(E1000Threads, VcpuSendsToItselfThroughTheServer) {
  constexpr std::uint32_t total = 100;
  constexpr std::uint64_t tx_ring = 0x1'1000, rx_ring = 0x1'2000, buffer = 0x2'0000;
  Bench bench;
  Served served{bench.device, DeviceId{1}, bench.bell, 1};
  std::atomic<bool> begun = false;
  std::atomic<bool> over = false;
  std::thread server{[&] {
    served.begin();
    begun = true;
    while (!over.load()) {
      const Worked jobs = served.work();
      const Worked work = served.with([&] { return bench.device.work(); });
      if (jobs == Worked::nothing && work == Worked::nothing) std::this_thread::yield();
    }
  }};
  const auto out = [&](Reg reg, std::uint32_t value) {
    served.write({static_cast<std::uint64_t>(reg), Width::b4, VcpuId{0}}, value);
  };
  const auto in = [&](Reg reg) {
    return served.read({static_cast<std::uint64_t>(reg), Width::b4, VcpuId{0}});
  };
  while (!begun.load()) std::this_thread::yield();
  bench.put(buffer, frame_of(64));
  for (std::uint32_t n = 0; n < 16; ++n) {
    EXPECT_TRUE(
        bench.mem.store(Gpa{rx_ring + n * 16}, RxDescriptor{.address = 0x8'0000 + n * 2048ull}));
    EXPECT_TRUE(bench.mem.store(Gpa{tx_ring + n * 16}, TxDescriptor{buffer, 0x0b00'0040}));
  }
  out(Reg::RDBAL, rx_ring);
  out(Reg::RDLEN, 256);
  out(Reg::RDT, 15);
  out(Reg::RCTL, 0x0400'8042);
  out(Reg::TDBAL, tx_ring);
  out(Reg::TDLEN, 256);
  out(Reg::TCTL, 2);
  out(Reg::IMS, Cause::rxt0);
  (void)in(Reg::ICR);
  for (std::uint32_t n = 0; n < total; ++n) {
    out(Reg::TDT, (n + 1) % 16);
    while ((in(Reg::ICR)&Cause::rxt0) == 0) std::this_thread::yield();
    out(Reg::RDT, n % 16);
  }
  EXPECT_EQ(in(Reg::GPRC), total);
  EXPECT_EQ(in(Reg::MPC), 0u);
  over = true;
  server.join();
}

}  // namespace
}  // namespace takt::e1000
