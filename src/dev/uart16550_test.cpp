// SPDX-License-Identifier: Apache-2.0
// Registers, data and FIFOs. Sections are those of the PC16550D data sheet (June 1995).
#include "dev/uart16550.h"

#include <string>

#include "dev/uart16550_fixture.h"

namespace takt {
namespace {

using Uart16550Data = Uart16550Fixture;

TEST_F(Uart16550Data, RegistersAfterMasterResetAreThoseOfTableIII) {
  EXPECT_EQ(in(ier), 0x00);
  EXPECT_EQ(in(iir), 0x01);
  EXPECT_EQ(in(lcr), 0x00);
  EXPECT_EQ(in(mcr), 0x00);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_EQ(in(msr), 0xb0);  // a terminal is connected; no deltas
  EXPECT_FALSE(line.now);
}

TEST_F(Uart16550Data, ScratchRegisterKeepsAllBits) {
  out(scr, 0xa5);
  EXPECT_EQ(in(scr), 0xa5);
}

TEST_F(Uart16550Data, ReservedBitsOfIerAndMcrReadZero) {  // table II
  out(ier, 0xff);
  out(mcr, 0xff);
  EXPECT_EQ(in(ier), 0x0f);
  EXPECT_EQ(in(mcr), 0x1f);
}

TEST_F(Uart16550Data, DlabOpensTheDivisorLatchesAndHidesDataAndIer) {  // 8.1
  out(ier, 0x05);
  out(lcr, 0x83);
  out(dll, 0x0c);
  out(dlm, 0x34);
  EXPECT_EQ(in(dll), 0x0c);
  EXPECT_EQ(in(dlm), 0x34);
  out(lcr, 0x03);
  EXPECT_EQ(in(ier), 0x05);
  EXPECT_TRUE(sink.bytes.empty());
}

TEST_F(Uart16550Data, WritesToLsrAndMsrAreIgnored) {
  out(lsr, 0xff);
  out(msr, 0xff);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_EQ(in(msr), 0xb0);
}

TEST_F(Uart16550Data, CharacterGoesToTheSinkAtOnce) {
  send("hi");
  EXPECT_EQ(sink.bytes, (Bytes{'h', 'i'}));
  EXPECT_EQ(in(lsr), 0x60);
}

TEST_F(Uart16550Data, FullSinkKeepsThreAndTemtAtZeroUntilResume) {  // 8.4
  sink.room = 0;
  send("a");
  EXPECT_EQ(in(lsr) & 0x60, 0x00);
  sink.room = 1;
  uart.tx_resume();
  EXPECT_EQ(in(lsr) & 0x60, 0x60);
  EXPECT_EQ(sink.bytes, Bytes{'a'});
}

TEST_F(Uart16550Data, SecondCharacterIntoAFullThrIsLostAndCounted) {
  sink.room = 0;
  send("ab");
  sink.room = 9;
  uart.tx_resume();
  EXPECT_EQ(sink.bytes, Bytes{'a'});
  EXPECT_EQ(uart.counters().tx_lost, 1u);
}

TEST_F(Uart16550Data, XmitFifoHoldsSixteenInOrderAndTheSeventeenthIsLost) {
  out(fcr, 0x01);
  sink.room = 0;
  send("0123456789abcdefX");
  sink.room = 99;
  uart.tx_resume();
  EXPECT_EQ(std::string(sink.bytes.begin(), sink.bytes.end()), "0123456789abcdef");
  EXPECT_EQ(uart.counters().tx_lost, 1u);
}

TEST_F(Uart16550Data, ResumeIntoASinkThatFillsAgainKeepsTheRest) {
  out(fcr, 0x01);
  sink.room = 0;
  send("abc");
  sink.room = 2;
  uart.tx_resume();
  EXPECT_EQ(sink.bytes, (Bytes{'a', 'b'}));
  EXPECT_EQ(in(lsr) & 0x60, 0x00);
  EXPECT_EQ(uart.state().tx.size(), 1u);
}

TEST_F(Uart16550Data, XmitFifoResetDropsWhatWaitsAndCounts) {  // 8.5
  out(fcr, 0x01);
  sink.room = 0;
  send("abc");
  out(fcr, 0x05);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_EQ(uart.counters().tx_lost, 3u);
}

TEST_F(Uart16550Data, WithoutFifoTheSecondCharacterIsRefusedUntilRbrIsRead) {
  ASSERT_TRUE(type("a"));
  EXPECT_EQ(uart.rx_room(), 0u);
  EXPECT_FALSE(type("b"));
  EXPECT_EQ(in(rbr), 'a');
  EXPECT_TRUE(type("b"));
  EXPECT_EQ(in(lsr) & 0x02, 0) << "no overrun";
}

TEST_F(Uart16550Data, RcvrFifoTakesSixteenAndRefusesTheNext) {
  out(fcr, 0x01);
  EXPECT_EQ(uart.rx_room(), 16u);
  EXPECT_TRUE(type("0123456789abcdef"));
  EXPECT_FALSE(type("X"));
  EXPECT_EQ(in(rbr), '0');
  EXPECT_EQ(uart.rx_room(), 1u);
}

TEST_F(Uart16550Data, EmptyRbrGivesTheLastCharacterAgain) {
  ASSERT_TRUE(type("a"));
  in(rbr);
  EXPECT_EQ(in(rbr), 'a');
}

TEST_F(Uart16550Data, ChangingTheModeClearsTheFifos) {  // 8.5
  out(fcr, 0x01);
  type("abc");
  out(fcr, 0x00);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_EQ(in(iir), 0x01);
}

TEST_F(Uart16550Data, ChangingTheModeDropsWhatWaitsToBeSentAndCounts) {  // 8.5
  out(fcr, 0x01);
  sink.room = 0;
  send("abc");
  out(fcr, 0x00);
  EXPECT_EQ(in(lsr), 0x60);
  EXPECT_EQ(uart.counters().tx_lost, 3u);
}

TEST_F(Uart16550Data, FcrBitsWithoutFifoEnableAreNotTaken) {  // 8.5
  out(fcr, 0xc0);
  EXPECT_EQ(uart.state().fcr.raw, 0);
  EXPECT_EQ(in(iir), 0x01);
}

TEST(Uart16550, RegShiftSpreadsTheRegistersAndTheBytesBetweenAreNotThere) {
  fakes::RecordingIrqSink line;
  fakes::RecordingByteSink sink;
  LevelIrq irq{line};
  Uart16550 uart{irq, sink, 2};
  uart.write({7 << 2, Width::b4}, 0x5a);
  EXPECT_EQ(uart.read({7 << 2, Width::b4}), 0x5au);
  EXPECT_EQ(uart.read({(7 << 2) + 1, Width::b1}), 0u);
  uart.write({1, Width::b1}, 'x');
  EXPECT_TRUE(sink.bytes.empty());
}

}  // namespace
}  // namespace takt
