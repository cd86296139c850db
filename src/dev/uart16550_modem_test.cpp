// SPDX-License-Identifier: Apache-2.0
// Modem lines, loopback, overrun, and the sequences by which Linux's 8250 driver recognises the
// chip. Sections are those of the PC16550D data sheet (June 1995).
#include "dev/uart16550_fixture.h"

namespace takt {
namespace {

using Uart16550Modem = Uart16550Fixture;

TEST_F(Uart16550Modem, LoopbackConnectsOutputsToInputs) {  // 8.8
  out(mcr, 0x11);
  EXPECT_EQ(in(msr) & 0xf0, 0x20) << "DTR to DSR";
  out(mcr, 0x12);
  EXPECT_EQ(in(msr) & 0xf0, 0x10) << "RTS to CTS";
  out(mcr, 0x14);
  EXPECT_EQ(in(msr) & 0xf0, 0x40) << "OUT1 to RI";
  out(mcr, 0x18);
  EXPECT_EQ(in(msr) & 0xf0, 0x80) << "OUT2 to DCD";
  out(mcr, 0x00);
  EXPECT_EQ(in(msr) & 0xf0, 0xb0) << "the terminal again";
}

TEST_F(Uart16550Modem, EachChangedLineSetsItsDelta) {  // 8.9
  out(mcr, 0x10);
  EXPECT_EQ(in(msr), 0x0b) << "CTS, DSR and DCD went off";
  out(mcr, 0x12);
  EXPECT_EQ(in(msr), 0x11);
  out(mcr, 0x11);
  EXPECT_EQ(in(msr), 0x23);
}

TEST_F(Uart16550Modem, TeriIsSetByTheEndOfARingOnly) {  // 8.9
  out(mcr, 0x10);
  in(msr);
  out(mcr, 0x14);
  EXPECT_EQ(in(msr), 0x40);
  out(mcr, 0x10);
  EXPECT_EQ(in(msr), 0x04);
}

TEST_F(Uart16550Modem, DeltasAddUpUntilMsrIsRead) {
  out(mcr, 0x10);
  in(msr);
  out(mcr, 0x12);
  out(mcr, 0x10);
  EXPECT_EQ(in(msr), 0x01);
  EXPECT_EQ(in(msr), 0x00);
}

TEST_F(Uart16550Modem, ModemStatusInterruptIsClearedByReadingMsr) {  // table IV
  out(ier, 0x08);
  out(mcr, 0x10);
  out(mcr, 0x08);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(iir), 0x00);
  in(msr);
  EXPECT_EQ(in(iir), 0x01);
  EXPECT_FALSE(line.now);
}

TEST_F(Uart16550Modem, LoopbackReturnsTheCharacterAndSendsNothing) {  // 8.8
  out(mcr, 0x10);
  out(thr, 'z');
  EXPECT_EQ(in(lsr), 0x61);
  EXPECT_EQ(in(rbr), 'z');
  EXPECT_TRUE(sink.bytes.empty());
}

TEST_F(Uart16550Modem, LoopbackDisconnectsTheTerminal) {
  out(mcr, 0x10);
  EXPECT_EQ(uart.rx_room(), 0u);
  EXPECT_FALSE(uart.receive('a'));
}

TEST_F(Uart16550Modem, LoopbackClosesTheInterruptGateButIirStillTells) {  // 8.8: OUT2 is forced off
  out(ier, 0x01);
  out(mcr, 0x18);
  out(thr, 'z');
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(iir), 0x04);
  out(mcr, 0x08);
  EXPECT_TRUE(line.now);
}

TEST_F(Uart16550Modem, OverrunWithoutFifoReplacesTheCharacter) {  // 8.4
  out(mcr, 0x10);
  out(thr, 'a');
  out(thr, 'b');
  EXPECT_EQ(in(lsr), 0x63);
  EXPECT_EQ(in(lsr), 0x61) << "reading LSR clears OE";
  EXPECT_EQ(in(rbr), 'b');
  EXPECT_EQ(uart.counters().rx_lost, 1u);
}

TEST_F(Uart16550Modem, OverrunWithFifoLosesTheNewCharacter) {  // 8.4
  out(fcr, 0x01);
  out(mcr, 0x10);
  for (unsigned i = 0; i < 17; ++i) out(thr, i);
  EXPECT_EQ(in(lsr), 0x63);
  EXPECT_EQ(in(rbr), 0);
  EXPECT_EQ(uart.state().rx.size(), 15u);
  EXPECT_EQ(uart.counters().rx_lost, 1u);
}

TEST_F(Uart16550Modem, InterruptsAreReportedInTheOrderOfTableIV) {
  out(ier, 0x0f);  // THR empty is pending from here
  out(mcr, 0x10);  // modem status: the lines of the terminal went off
  out(thr, 'a');
  out(thr, 'b');  // overrun, and data
  EXPECT_EQ(in(iir), 0x06);
  in(lsr);
  EXPECT_EQ(in(iir), 0x04);
  in(rbr);
  EXPECT_EQ(in(iir), 0x02);
  EXPECT_EQ(in(iir), 0x00);
  in(msr);
  EXPECT_EQ(in(iir), 0x01);
}

TEST_F(Uart16550Modem, CharacterThatWaitsWhenLoopbackIsSwitchedOnIsLooped) {
  sink.room = 0;
  out(thr, 'a');
  out(mcr, 0x10);
  EXPECT_EQ(in(lsr), 0x61);
  EXPECT_EQ(in(rbr), 'a');
}

TEST_F(Uart16550Modem, LinuxLoopbackTestFindsAUart) {  // MCR = LOOP | OUT2 | RTS
  out(mcr, 0x1a);
  EXPECT_EQ(in(msr) & 0xf0, 0x90);
}

TEST_F(Uart16550Modem, LinuxFifoTestFindsA16550A) {
  out(lcr, 0x00);
  out(fcr, 0x01);
  EXPECT_EQ(in(iir) >> 6, 3);
  out(lcr, 0xbf);  // an enhanced UART would show another register at offset 2 now
  EXPECT_NE(in(iir), 0x00);
  out(lcr, 0x00);
  out(ier, 0x40);  // the XScale's unit enable bit
  EXPECT_EQ(in(ier), 0x00);
}

TEST_F(Uart16550Modem, LinuxThreBugTestFindsNone) {
  out(ier, 0x02);
  EXPECT_EQ(in(iir) & 0x01, 0x00);
  out(ier, 0x00);
  out(ier, 0x02);
  EXPECT_EQ(in(iir) & 0x01, 0x00);
}

TEST_F(Uart16550Modem, LinuxTxenBugTestFindsNone) {
  out(ier, 0x02);
  const std::uint8_t line_status = in(lsr);
  const std::uint8_t id = in(iir);
  EXPECT_EQ(line_status & 0x40, 0x40);
  EXPECT_EQ(id & 0x01, 0x00);
}

}  // namespace
}  // namespace takt
