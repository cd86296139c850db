// SPDX-License-Identifier: Apache-2.0
// Interrupts: sources, trigger levels, masks. Sections are those of ARM DDI 0183.
#include "dev/pl011_fixture.h"

namespace takt {
namespace {

struct Pl011Irq : Pl011Fixture {
  /// As Linux's pl011_start_tx(): fills the FIFO, unmasks TX when not all went in.
  void fill_and_unmask_tx() {
    sink.room = 0;
    send(std::string(32, 'x'));
    out(imsc, tx);
  }
  /// Makes room for `n` characters more.
  void drain(std::size_t n) {
    sink.room = n;
    uart.tx_resume();
  }
  /// How many characters raise RIS.RX when IFLS is `value`.
  std::size_t first_rx(std::uint32_t value) {
    out(ifls, value);
    while ((in(fr)&rxfe) == 0) in(dr);
    std::size_t n = 0;
    while ((in(ris)&rx) == 0 && uart.receive(0)) ++n;
    return n;
  }
  /// To how many characters the full FIFO has to fall until RIS.TX comes, when IFLS is `value`.
  std::size_t first_tx(std::uint32_t value) {
    out(ifls, value);
    fill_and_unmask_tx();
    while ((in(ris)&tx) == 0) drain(1);
    const std::size_t n = uart.state().tx.size();
    drain(32);
    return n;
  }
};

TEST_F(Pl011Irq, EmptyTransmitterRaisesNoInterruptWhenItIsUnmasked) {  // 2.8.3, note
  out(imsc, tx);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, TransmitInterruptComesWhenTheFifoFallsToItsLevel) {  // 2.8.3
  fill_and_unmask_tx();
  drain(15);
  EXPECT_FALSE(line.now);
  drain(1);
  EXPECT_EQ(in(mis), tx);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl011Irq, TransmitInterruptGoesWhenTheFifoIsWrittenBeyondItsLevel) {
  fill_and_unmask_tx();
  drain(17);
  send("a");
  EXPECT_TRUE(line.now) << "at the level";
  send("b");
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, TransmitInterruptStaysWhileWhatIsWrittenGoesOutAtOnce) {
  fill_and_unmask_tx();
  drain(99);
  send(std::string(16, 'y'));  // as Linux's handler: half a FIFO, without looking at FR
  EXPECT_TRUE(line.now);
  out(imsc, 0);  // pl011_stop_tx()
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, HalfAFifoFitsWheneverTheTransmitInterruptIsSet) {
  fill_and_unmask_tx();
  drain(16);
  ASSERT_TRUE(line.now);
  send(std::string(16, 'y'));
  EXPECT_EQ(uart.counters().tx_lost, 0u);
  EXPECT_FALSE(line.now);
  drain(32);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl011Irq, ClearedTransmitInterruptComesAgainAfterTheNextPassageOnly) {  // 3.3.13
  fill_and_unmask_tx();
  drain(16);
  out(icr, tx);
  EXPECT_FALSE(line.now);
  drain(8);
  EXPECT_FALSE(line.now);
  send(std::string(9, 'y'));
  drain(1);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl011Irq, WithoutFifosEachCharacterThatIsOutRaisesTheTransmitInterrupt) {  // 2.8.3
  out(lcr_h, 0x60);
  out(imsc, tx);
  EXPECT_FALSE(line.now);
  send("a");
  EXPECT_TRUE(line.now);
  sink.room = 0;
  send("b");
  EXPECT_FALSE(line.now);
  drain(1);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl011Irq, TransmitLevelsAreEighthsOfThirtyTwo) {  // 3.3.9
  EXPECT_EQ(first_tx(0), 4u);
  EXPECT_EQ(first_tx(1), 8u);
  EXPECT_EQ(first_tx(2), 16u);
  EXPECT_EQ(first_tx(3), 24u);
  EXPECT_EQ(first_tx(4), 28u);
}

TEST_F(Pl011Irq, ReceiveLevelsAreEighthsOfThirtyTwo) {  // 3.3.9
  EXPECT_EQ(first_rx(0 << 3), 4u);
  EXPECT_EQ(first_rx(1 << 3), 8u);
  EXPECT_EQ(first_rx(2 << 3), 16u);
  EXPECT_EQ(first_rx(3 << 3), 24u);
  EXPECT_EQ(first_rx(4 << 3), 28u);
}

TEST_F(Pl011Irq, ReservedLevelsAreTakenAsSevenEighths) {
  EXPECT_EQ(first_tx(7), 28u);
  EXPECT_EQ(first_rx(7 << 3), 28u);
}

TEST_F(Pl011Irq, RaisingTheTransmitLevelOverWhatWaitsRaisesTheInterrupt) {
  fill_and_unmask_tx();
  drain(8);
  EXPECT_FALSE(line.now);
  out(ifls, 4);
  EXPECT_TRUE(line.now) << "24 characters will never fall through 28 again";
}

TEST_F(Pl011Irq, ReceiveTimeoutRunsOutAtOnceAndEndsWhenAllIsRead) {  // 2.8.4
  out(imsc, rt | rx);
  type("ab");
  EXPECT_EQ(in(mis), rt);
  EXPECT_TRUE(line.now);
  in(dr);
  EXPECT_EQ(in(mis), rt);
  in(dr);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, ClearingTheReceiveTimeoutDoesNotStrandACharacter) {
  out(imsc, rt);
  type("a");
  out(icr, rt);
  EXPECT_TRUE(line.now);
  in(dr);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, ReceiveInterruptComesAtTheLevelAndGoesBelowIt) {  // 2.8.2
  out(imsc, rx);
  type(std::string(15, 'a'));
  EXPECT_FALSE(line.now);
  type("b");
  EXPECT_TRUE(line.now);
  in(dr);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, ClearedReceiveInterruptNeedsAnotherPassage) {  // what pl011_startup() drains for
  out(imsc, rx);
  type(std::string(16, 'a'));
  out(icr, rx);
  EXPECT_FALSE(line.now);
  type("b");
  EXPECT_FALSE(line.now);
  in(dr);
  in(dr);
  type("c");
  EXPECT_TRUE(line.now);
}

TEST_F(Pl011Irq, WithoutFifosEachReceivedCharacterRaisesTheReceiveInterrupt) {  // 2.8.2
  out(lcr_h, 0x60);
  out(imsc, rx);
  type("a");
  EXPECT_TRUE(line.now);
  in(dr);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, MaskHidesFromMisAndTheLineButNotFromRis) {  // 3.3.10 to 3.3.12
  type("a");
  EXPECT_EQ(in(ris), rt);
  EXPECT_EQ(in(mis), 0u);
  EXPECT_FALSE(line.now);
  out(imsc, rt);
  EXPECT_EQ(in(mis), rt);
  EXPECT_TRUE(line.now);
  out(imsc, 0);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl011Irq, CharacterByCharacterTrafficOfAHandlerMovesTheLineTwice) {
  out(imsc, rt | rx);
  const unsigned changes = line.changes;
  type("abc");
  while ((in(fr)&rxfe) == 0) in(dr);
  EXPECT_EQ(line.changes, changes + 2);
}

}  // namespace
}  // namespace takt
