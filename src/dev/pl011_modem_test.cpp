// SPDX-License-Identifier: Apache-2.0
// Modem lines, loopback and overrun. Sections are those of ARM DDI 0183.
#include "dev/pl011_fixture.h"

namespace takt {
namespace {

using Pl011Modem = Pl011Fixture;

TEST_F(Pl011Modem, LoopbackBringsCharactersBackAndKeepsThemFromTheSink) {  // 3.3.8, LBE
  out(cr, 0x381);
  send("ab");
  EXPECT_EQ(in(dr), 'a');
  EXPECT_EQ(in(dr), 'b');
  EXPECT_EQ(sent(), "");
}

TEST_F(Pl011Modem, InLoopbackTheTerminalIsDisconnected) {
  out(cr, 0x381);
  EXPECT_EQ(uart.rx_room(), 0u);
  EXPECT_FALSE(type("a"));
}

TEST_F(Pl011Modem, InLoopbackTheModemOutputsAreTheInputs) {
  constexpr unsigned inputs = 0x107;
  out(cr, 0x381);
  EXPECT_EQ(in(fr)&inputs, 0u);
  out(cr, 0x381 | 0x0800);  // RTS
  EXPECT_EQ(in(fr)&inputs, 0x001u);
  out(cr, 0x381 | 0x0400);  // DTR
  EXPECT_EQ(in(fr)&inputs, 0x002u);
  out(cr, 0x381 | 0x1000);  // Out1
  EXPECT_EQ(in(fr)&inputs, 0x004u);
  out(cr, 0x381 | 0x2000);  // Out2
  EXPECT_EQ(in(fr)&inputs, 0x100u);
}

TEST_F(Pl011Modem, ChangesOfTheModemInputsAreInterruptsUntilCleared) {  // 2.8.1
  out(imsc, 0x00f);
  out(cr, 0x381);  // CTS, DSR and DCD go off
  EXPECT_EQ(in(mis), 0x00eu);
  EXPECT_TRUE(line.now);
  out(icr, 0x00f);
  EXPECT_FALSE(line.now);
  out(cr, 0x381 | 0x2000);
  EXPECT_EQ(in(mis), 0x001u);
}

TEST_F(Pl011Modem, WritesToCrThatMoveNoInputRaiseNoModemInterrupt) {
  out(cr, 0x3f01);
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl011Modem, WithCtsenTheTransmitterWaitsForCts) {  // 3.3.8
  out(cr, 0x8381);                                        // loopback: CTS is RTS, which is off
  send("a");
  EXPECT_EQ(in(fr) & (busy | rxfe), busy | rxfe);
  out(cr, 0x8b81);
  EXPECT_EQ(in(fr) & (busy | rxfe), 0u);
}

TEST_F(Pl011Modem, WithCtsenTheTerminalTakesCharacters) {
  out(cr, 0xc301);
  send("a");
  EXPECT_EQ(sent(), "a");
}

TEST_F(Pl011Modem, OverrunLosesTheNewCharacterAndKeepsTheOld) {  // 3.3.2, OE
  out(lcr_h, 0x60);
  out(cr, 0x381);
  send("ab");
  EXPECT_EQ(in(rsr), 0x8u);
  EXPECT_EQ(in(ris)&oe, oe);
  EXPECT_EQ(in(dr), 'a');
  EXPECT_EQ(uart.counters().rx_lost, 1u);
}

TEST_F(Pl011Modem, FirstCharacterAfterAnOverrunCarriesTheMarkAndTheNextDoesNot) {  // 3.3.1, OE
  out(cr, 0x381);
  send(std::string(33, 'a'));
  in(dr);
  in(dr);
  send("bc");
  for (unsigned i = 0; i < 30; ++i) EXPECT_EQ(in(dr), 'a');
  EXPECT_EQ(in(dr), 0x800u | 'b');
  EXPECT_EQ(in(dr), 'c');
}

TEST_F(Pl011Modem, OverrunStatusGoesWithEcrAndItsInterruptWithIcr) {  // 3.3.2, 3.3.13
  out(lcr_h, 0x60);
  out(imsc, oe);
  out(cr, 0x381);
  send("ab");
  EXPECT_TRUE(line.now);
  out(ecr, 0);
  EXPECT_EQ(in(rsr), 0u);
  EXPECT_TRUE(line.now);
  out(icr, oe);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Modem, LoopedCharacterIsLostWhenTheReceiverIsOff) {
  out(cr, 0x181);  // as older Linux provokes its first transmit interrupt
  out(lcr_h, 0x00);
  out(dr, 0);
  EXPECT_EQ(in(fr) & (busy | rxfe), rxfe);
  EXPECT_EQ(in(ris) & (tx | rx | oe), tx);
  EXPECT_EQ(uart.counters().rx_lost, 1u);
}

TEST_F(Pl011Modem, CharacterThatWaitsWhenLoopbackIsSwitchedOnIsLooped) {
  sink.room = 0;
  send("a");
  out(cr, 0x381);
  EXPECT_EQ(in(dr), 'a');
}

}  // namespace
}  // namespace takt
