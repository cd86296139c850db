// SPDX-License-Identifier: Apache-2.0
// Registers, data and FIFOs. Sections are those of ARM DDI 0183.
#include "dev/pl011.h"

#include "dev/pl011_fixture.h"

namespace takt {
namespace {

using Pl011Data = Pl011Fixture;

const std::string thirty_two = "0123456789abcdefghijklmnopqrstuv";

TEST_F(Pl011Data, RegistersStartAsFirmwareLeavesAConsole) {
  EXPECT_EQ(in(rsr), 0x00u);
  EXPECT_EQ(in(fr), 0x97u);  // both FIFOs empty; CTS, DSR, DCD
  EXPECT_EQ(in(ilpr), 0x00u);
  EXPECT_EQ(in(ibrd), 13u);
  EXPECT_EQ(in(fbrd), 1u);
  EXPECT_EQ(in(lcr_h), 0x70u);
  EXPECT_EQ(in(cr), 0x301u);
  EXPECT_EQ(in(ifls), 0x12u);
  EXPECT_EQ(in(imsc), 0u);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_EQ(in(mis), 0u);
  EXPECT_EQ(in(dmacr), 0u);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Data, IdentificationIsPart011OfArmInRevision3) {  // 3.3.15, 3.3.16
  EXPECT_EQ(in(0xfe0), 0x11u);
  EXPECT_EQ(in(0xfe4), 0x10u);
  EXPECT_EQ(in(0xfe8), 0x34u);
  EXPECT_EQ(in(0xfec), 0x00u);
  EXPECT_EQ(in(0xff0), 0x0du);
  EXPECT_EQ(in(0xff4), 0xf0u);
  EXPECT_EQ(in(0xff8), 0x05u);
  EXPECT_EQ(in(0xffc), 0xb1u);
}

TEST_F(Pl011Data, ReservedBitsReadZero) {
  for (const unsigned reg : {ilpr, ibrd, fbrd, lcr_h, ifls, imsc, dmacr}) out(reg, ~0u);
  EXPECT_EQ(in(ilpr), 0xffu);
  EXPECT_EQ(in(ibrd), 0xffffu);
  EXPECT_EQ(in(fbrd), 0x3fu);
  EXPECT_EQ(in(lcr_h), 0xffu);
  EXPECT_EQ(in(ifls), 0x3fu);
  EXPECT_EQ(in(imsc), 0x7ffu);
  EXPECT_EQ(in(dmacr), 0x07u);
  out(cr, ~0u);
  EXPECT_EQ(in(cr), 0xff87u);
}

TEST_F(Pl011Data, ReadOnlyRegistersIgnoreWrites) {
  for (const unsigned reg : {fr, ris, mis, 0xfe0u, 0xffcu}) out(reg, 0);
  for (const unsigned reg : {fr, ris, mis, 0xfe0u, 0xffcu}) out(reg, ~0u);
  EXPECT_EQ(in(fr), 0x97u);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_EQ(in(0xfe0), 0x11u);
  EXPECT_EQ(in(0xffc), 0xb1u);
}

TEST_F(Pl011Data, NarrowWritesChangeTheLowBytesOnly) {
  uart.write({cr, Width::b2}, 0xc301);
  uart.write({cr, Width::b1}, 0x81);
  EXPECT_EQ(in(cr), 0xc381u);
  EXPECT_EQ(uart.read({cr, Width::b2}) & 0xffff, 0xc381u);
}

TEST_F(Pl011Data, BytesBetweenAndBeyondTheRegistersAreNotThere) {
  uart.write({cr + 1, Width::b1}, 0xff);
  uart.write({dr + 2, Width::b2}, 'x');
  uart.write({0x1000, Width::b4}, 'x');
  uart.write({0x1'0000, Width::b4}, 'x');
  EXPECT_EQ(uart.read({cr + 1, Width::b1}), 0u);
  EXPECT_EQ(in(0x1c), 0u);
  EXPECT_EQ(in(0x80), 0u);
  EXPECT_EQ(in(0x1fe0), 0u);
  EXPECT_EQ(in(cr), 0x301u);
  EXPECT_EQ(sent(), "");
}

TEST_F(Pl011Data, EarlyconSendsWithoutEnablingAnything) {  // writeb to DR, then waits for FR.BUSY
  uart.write({dr, Width::b1}, 'h');
  EXPECT_EQ(in(fr) & (txff | busy), 0u);
  uart.write({dr, Width::b4}, 'i');
  EXPECT_EQ(sent(), "hi");
}

TEST_F(Pl011Data, FullSinkKeepsTheTransmitterBusyUntilResume) {  // 3.3.3
  sink.room = 0;
  send("a");
  EXPECT_EQ(in(fr) & (txfe | txff | busy), busy);
  sink.room = 1;
  uart.tx_resume();
  EXPECT_EQ(in(fr) & (txfe | txff | busy), txfe);
  EXPECT_EQ(sent(), "a");
}

TEST_F(Pl011Data, TransmitFifoHoldsThirtyTwoInOrderAndTheNextIsLost) {
  sink.room = 0;
  send(thirty_two + "X");
  EXPECT_EQ(in(fr) & (txff | busy), txff | busy);
  sink.room = 99;
  uart.tx_resume();
  EXPECT_EQ(sent(), thirty_two);
  EXPECT_EQ(uart.counters().tx_lost, 1u);
}

TEST_F(Pl011Data, ResumeIntoASinkThatFillsAgainKeepsTheRest) {
  sink.room = 0;
  send("abc");
  sink.room = 2;
  uart.tx_resume();
  EXPECT_EQ(sent(), "ab");
  EXPECT_EQ(uart.state().tx.size(), 1u);
}

TEST_F(Pl011Data, WithoutFifosOneCharacterFillsTheTransmitter) {  // 3.3.7, FEN
  out(lcr_h, 0x60);
  sink.room = 0;
  send("ab");
  EXPECT_EQ(in(fr) & (txff | busy), txff | busy);
  EXPECT_EQ(uart.counters().tx_lost, 1u);
}

TEST_F(Pl011Data, ClearingFenFlushesBothFifosAndCounts) {  // 3.3.8
  sink.room = 0;
  send("abc");
  type("de");
  out(lcr_h, 0x60);
  EXPECT_EQ(in(fr), 0x97u);
  EXPECT_EQ(uart.counters().tx_lost, 3u);
  EXPECT_EQ(uart.counters().rx_lost, 2u);
}

TEST_F(Pl011Data, SettingFenKeepsTheCharacterThatIsThere) {
  out(lcr_h, 0x60);
  type("k");
  out(lcr_h, 0x70);
  EXPECT_EQ(in(dr), 'k');
}

TEST_F(Pl011Data, DisabledTransmitterHoldsItsCharactersAndShowsBusy) {  // 3.3.3, 3.3.8
  out(cr, 0x200);
  send("a");
  EXPECT_EQ(in(fr)&busy, busy);
  out(cr, 0x201);
  EXPECT_EQ(sent(), "") << "UARTEN without TXE";
  out(cr, 0x301);
  EXPECT_EQ(sent(), "a");
  EXPECT_EQ(in(fr)&busy, 0u);
}

TEST_F(Pl011Data, ReceivedCharacterIsReadOnceAndThenAgain) {
  ASSERT_TRUE(type("k"));
  EXPECT_EQ(in(fr)&rxfe, 0u);
  EXPECT_EQ(in(dr), 'k');
  EXPECT_EQ(in(fr)&rxfe, rxfe);
  EXPECT_EQ(in(dr), 'k');
}

TEST_F(Pl011Data, ReceiveFifoTakesThirtyTwoAndRefusesTheNext) {
  EXPECT_EQ(uart.rx_room(), 32u);
  EXPECT_TRUE(type(thirty_two));
  EXPECT_EQ(in(fr)&rxff, rxff);
  EXPECT_FALSE(type("X"));
  EXPECT_EQ(in(dr), '0');
  EXPECT_EQ(uart.rx_room(), 1u);
  EXPECT_EQ(in(rsr), 0u) << "no overrun";
}

TEST_F(Pl011Data, WithoutFifosTheSecondCharacterIsRefusedUntilDrIsRead) {
  out(lcr_h, 0x60);
  ASSERT_TRUE(type("a"));
  EXPECT_EQ(in(fr)&rxff, rxff);
  EXPECT_FALSE(type("b"));
  EXPECT_EQ(in(dr), 'a');
  EXPECT_TRUE(type("b"));
}

TEST_F(Pl011Data, DisabledReceiverTakesNothing) {  // 3.3.8
  out(cr, 0x101);
  EXPECT_EQ(uart.rx_room(), 0u);
  EXPECT_FALSE(type("a"));
  out(cr, 0x300);
  EXPECT_FALSE(type("a"));
  out(cr, 0x301);
  EXPECT_TRUE(type("a"));
}

TEST_F(Pl011Data, LinuxFindsA115200Baud8n1ConsoleThatIsOn) {  // pl011_console_get_options()
  constexpr unsigned uartclk = 24'000'000;
  EXPECT_EQ(in(cr) & 1, 1u);
  EXPECT_EQ(in(lcr_h) & 0x62, 0x60u);
  EXPECT_NEAR(uartclk * 4.0 / (64 * in(ibrd) + in(fbrd)), 115'200, 115);
}

}  // namespace
}  // namespace takt
