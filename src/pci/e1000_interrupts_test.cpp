// SPDX-License-Identifier: Apache-2.0
// Causes, mask, line and throttling: 317453, 13.4.17 to 13.4.21.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

struct E1000Interrupts : E1000Fixture {
  E1000Interrupts() { (void)in(Reg::ICR); }
};

TEST_F(E1000Interrupts, LineIsUpWhileACauseIsSetAndEnabled) {
  out(Reg::ICS, Cause::rxt0);
  EXPECT_FALSE(line.now);
  out(Reg::IMS, Cause::rxt0);
  EXPECT_TRUE(line.now);
  out(Reg::IMC, Cause::rxt0);
  EXPECT_FALSE(line.now);
  out(Reg::IMS, Cause::rxt0);
  EXPECT_TRUE(line.now);
}

TEST_F(E1000Interrupts, ReadingIcrClearsItAndTheLineFalls) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ICS, Cause::rxt0 | Cause::txdw);
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0 | Cause::txdw);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(Reg::ICR), 0u);
}

TEST_F(E1000Interrupts, WritingOnesToIcrClearsThose) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ICS, Cause::rxt0 | Cause::txdw);
  out(Reg::ICR, Cause::rxt0);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(Reg::ICR), Cause::txdw);
}

TEST_F(E1000Interrupts, MaskIsSetAndClearedBitByBit) {
  out(Reg::IMS, 0x05);
  out(Reg::IMS, 0x80);
  out(Reg::IMC, 0x04);
  EXPECT_EQ(in(Reg::IMS), 0x81u);
  EXPECT_EQ(in(Reg::IMC), 0u);
}

TEST_F(E1000Interrupts, EachOfTheLowestTenCausesCanBeSet) {  // the self test of Linux's driver
  for (std::uint32_t bit = 0; bit < 10; ++bit) {
    out(Reg::IMS, 1u << bit);
    out(Reg::ICS, 1u << bit);
    EXPECT_TRUE(line.now);
    EXPECT_EQ(in(Reg::ICR), 1u << bit);
  }
}

TEST_F(E1000Interrupts, WithoutThrottlingEachInterruptIsImmediate) {
  out(Reg::IMS, Cause::rxt0);
  for (unsigned n = 1; n <= 3; ++n) {
    out(Reg::ICS, Cause::rxt0);
    EXPECT_EQ(line.rises, n);
    (void)in(Reg::ICR);
  }
}

TEST_F(E1000Interrupts, ThrottlingKeepsInterruptsApart) {  // 13.4.18: units of 256 ns
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  EXPECT_TRUE(line.now);
  (void)in(Reg::ICR);
  out(Reg::ICS, Cause::rxt0);
  run();
  EXPECT_FALSE(line.now);
  EXPECT_EQ(alarm.deadline, clock.ns + 128'000);
  pass_ns(127'999);
  EXPECT_FALSE(line.now);
  pass_ns(1);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(line.rises, 2u);
}

TEST_F(E1000Interrupts, FirstInterruptAfterAPauseIsNotHeld) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  (void)in(Reg::ICR);
  pass_ns(128'000);
  out(Reg::ICS, Cause::rxt0);
  EXPECT_TRUE(line.now);
}

TEST_F(E1000Interrupts, HeldInterruptThatWasAcknowledgedIsNotDelivered) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  (void)in(Reg::ICR);
  out(Reg::ICS, Cause::rxt0);
  run();
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);  // a driver that polls
  pass_ns(200'000);
  EXPECT_EQ(line.rises, 1u);
}

TEST_F(E1000Interrupts, EndOfThrottlingReleasesAHeldInterrupt) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  (void)in(Reg::ICR);
  out(Reg::ICS, Cause::rxt0);
  out(Reg::ITR, 0);
  EXPECT_TRUE(line.now);
}

TEST_F(E1000Interrupts, AClockThatGoesBackHoldsNothing) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  (void)in(Reg::ICR);
  clock.ns -= 1'000'000'000;
  out(Reg::ICS, Cause::rxt0);
  EXPECT_TRUE(line.now);
}

TEST_F(E1000Interrupts, HeldInterruptWakesTheServerOnce) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 500);
  out(Reg::ICS, Cause::rxt0);
  (void)in(Reg::ICR);
  const unsigned before = bell.rung;
  out(Reg::ICS, Cause::rxt0);
  out(Reg::ICS, Cause::txdw);
  EXPECT_EQ(bell.rung, before + 1);
}

TEST_F(E1000Interrupts, AlarmIsSetAnewOnlyForSomethingEarlier) {
  start_rx();
  out(Reg::RDTR, 100);
  arrive(frame_of(64));
  arrive(frame_of(64));
  arrive(frame_of(64));
  EXPECT_EQ(alarm.armed, 1u);
  out(Reg::RDTR, 10);
  arrive(frame_of(64));
  EXPECT_EQ(alarm.armed, 2u);
}

TEST_F(E1000Interrupts, ThrottledReceptionDeliversAllOfThemInOneInterrupt) {
  start_rx();
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ITR, 195);  // 20000 in a second, as Linux asks for
  arrive(frame_of(64));
  EXPECT_EQ(line.rises, 1u);
  (void)in(Reg::ICR);
  arrive(frame_of(64));
  arrive(frame_of(64));
  EXPECT_EQ(line.rises, 1u);
  pass_ns(195 * 256);
  EXPECT_EQ(line.rises, 2u);
  EXPECT_TRUE(line.now);
}

TEST_F(E1000Interrupts, ResetMasksAndForgetsAll) {
  out(Reg::IMS, Cause::rxt0);
  out(Reg::ICS, Cause::rxt0);
  out(Reg::CTRL, 1u << 26);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(Reg::ICR), 0u);
}

/// A line that makes more work while it is driven, as other threads would.
class BusyLine final : public IrqSink {
 public:
  void drive(bool level) RT override {
    now = level;
    ++calls;
    if (unit != nullptr && calls < until) level ? (void)unit->read_icr() : unit->set_causes(1);
  }
  InterruptUnit* unit = nullptr;
  bool now = false;
  unsigned calls = 0;
  unsigned until = 0;
};

TEST(E1000InterruptUnit, WhoDrivesTooLongLeavesTheRestToTheServer) {
  BusyLine line;
  FakeClock clock;
  FakeBell bell;
  InterruptUnit unit{line, clock, bell};
  line.unit = &unit;
  line.until = 20;
  unit.write_ims(1);
  unit.set_causes(1);
  EXPECT_EQ(line.calls, InterruptUnit::most_looks);
  EXPECT_EQ(bell.rung, 1u);
  unit.set_causes(0);  // nobody else drives meanwhile
  EXPECT_EQ(line.calls, InterruptUnit::most_looks);
  for (int turn = 0; turn < 3; ++turn) unit.take_over();
  EXPECT_EQ(line.calls, 20u);
  EXPECT_EQ(line.now, (unit.causes() & unit.ims()) != 0);
}

}  // namespace
}  // namespace takt::e1000
