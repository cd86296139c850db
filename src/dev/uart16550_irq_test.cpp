// SPDX-License-Identifier: Apache-2.0
// Interrupts: sources, priorities, the gate, trigger levels. Sections are those of the PC16550D
// data sheet (June 1995).
#include "dev/uart16550_fixture.h"

namespace takt {
namespace {

using Uart16550Irq = Uart16550Fixture;

TEST_F(Uart16550Irq, ThrEmptyInterruptComesWhenEtbeiIsSetWithThrEmpty) {
  out(mcr, 0x08);
  out(ier, 0x02);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0x02);
}

TEST_F(Uart16550Irq, ReadingIirClearsThrEmptyInterrupt) {  // table IV
  out(mcr, 0x08);
  out(ier, 0x02);
  in(iir);
  EXPECT_EQ(in(iir), 0x01);
  EXPECT_FALSE(line.now);
}

TEST_F(Uart16550Irq, ReadingIirKeepsThrEmptyInterruptWhenItReportsAnotherOne) {
  out(ier, 0x03);
  ASSERT_TRUE(type("x"));
  EXPECT_EQ(in(iir), 0x04);
  in(rbr);
  EXPECT_EQ(in(iir), 0x02);
}

TEST_F(Uart16550Irq, ThrEmptyInterruptComesAgainAfterEachImmediateTransmission) {
  out(mcr, 0x08);
  out(ier, 0x02);
  in(iir);
  send("a");
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0x02);
}

TEST_F(Uart16550Irq, AHandlerThatGoesOnWhileThereIsAnInterruptEndsAfterAFifo) {
  out(mcr, 0x08);
  out(fcr, 0x01);
  out(ier, 0x02);
  const auto handler = [this] {
    std::size_t sent = 0;
    for (; (in(iir) & 0x0f) == 0x02 && sent < 1000; sent += 16) send("sixteen of them.");
    return sent;
  };
  EXPECT_EQ(handler(), 16u);
  EXPECT_TRUE(line.now);  // and is called again
  EXPECT_EQ(handler(), 16u);
  EXPECT_EQ(sink.bytes.size(), 32u);
}

TEST_F(Uart16550Irq, ADriverThatDoesNotLookAgainGoesOnWhenTheSinkIsTaken) {
  out(mcr, 0x08);
  out(fcr, 0x01);
  out(ier, 0x02);
  in(iir);
  send("sixteen of them.");
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(lsr), 0x60);
  uart.tx_resume();
  EXPECT_TRUE(line.now);
}

TEST_F(Uart16550Irq, EnablingTheThrEmptyInterruptRaisesItWhateverWasSentBefore) {
  out(mcr, 0x08);
  out(fcr, 0x01);
  send("sixteen of them, and more");
  out(ier, 0x02);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0xc2);
}

TEST_F(Uart16550Irq, WritingThrLowersTheLineBeforeItRisesAgain) {
  out(mcr, 0x08);
  out(ier, 0x02);
  const unsigned rises = line.rises;
  send("a");  // without reading IIR, as an edge-triggered handler may do
  EXPECT_EQ(line.rises, rises + 1);
  EXPECT_TRUE(line.now);
}

TEST_F(Uart16550Irq, NoThrEmptyInterruptWhileTheSinkIsFull) {
  out(mcr, 0x08);
  out(ier, 0x02);
  in(iir);
  sink.room = 0;
  send("a");
  EXPECT_EQ(in(iir), 0x01);
  sink.room = 1;
  uart.tx_resume();
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0x02);
}

TEST_F(Uart16550Irq, SettingEtbeiTwiceRaisesOneInterruptOnly) {
  out(ier, 0x02);
  in(iir);
  out(ier, 0x03);
  EXPECT_EQ(in(iir), 0x01);
}

TEST_F(Uart16550Irq, ReceivedCharacterSetsDrAndRaisesRxData) {
  out(mcr, 0x08);
  out(ier, 0x01);
  ASSERT_TRUE(type("k"));
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0x04);
  EXPECT_EQ(in(lsr), 0x61);
  EXPECT_EQ(in(rbr), 'k');
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_FALSE(line.now);
}

TEST_F(Uart16550Irq, BelowTriggerIsACharacterTimeoutAtOnceAndAtTriggerIsRxData) {  // 8.5, 8.11
  out(fcr, 0x41);                                                                  // trigger 4
  out(ier, 0x01);
  type("abc");
  EXPECT_EQ(in(iir), 0xcc);
  type("d");
  EXPECT_EQ(in(iir), 0xc4);
  in(rbr);
  EXPECT_EQ(in(iir), 0xcc);
}

TEST_F(Uart16550Irq, TriggerLevelsAreOneFourEightAndFourteen) {  // 8.5
  out(ier, 0x01);
  const auto first_rx_data = [this](unsigned fcr_value) {
    out(fcr, fcr_value | 0x02);
    unsigned n = 0;
    while (in(iir) != 0xc4 && uart.receive(0)) ++n;
    return n;
  };
  EXPECT_EQ(first_rx_data(0x01), 1u);
  EXPECT_EQ(first_rx_data(0x41), 4u);
  EXPECT_EQ(first_rx_data(0x81), 8u);
  EXPECT_EQ(first_rx_data(0xc1), 14u);
}

TEST_F(Uart16550Irq, RcvrFifoResetDropsDataAndItsInterrupt) {
  out(mcr, 0x08);
  out(fcr, 0x01);
  out(ier, 0x01);
  type("abc");
  out(fcr, 0x03);
  EXPECT_EQ(in(iir), 0xc1);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(uart.counters().rx_lost, 3u);
}

TEST_F(Uart16550Irq, ClosedOut2GateKeepsTheLineLow) {
  out(ier, 0x02);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(uart.read({iir, Width::b1}), 0x02u);
  out(ier, 0x00);
  out(ier, 0x02);
  out(mcr, 0x08);
  EXPECT_TRUE(line.now);
}

}  // namespace
}  // namespace takt
