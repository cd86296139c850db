// SPDX-License-Identifier: Apache-2.0
// Transmission without offloads. Sections are those of 317453.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

using E1000Tx = E1000Fixture;

TEST_F(E1000Tx, FrameOfALegacyDescriptorIsSentAndReported) {  // 3.3.3
  start_tx();
  (void)in(Reg::ICR);
  const Bytes frame = frame_of(100);
  send(frame);
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame);
  EXPECT_TRUE(tx_done(0));
  EXPECT_EQ(in(Reg::TDH), 1u);
  EXPECT_EQ(in(Reg::ICR), Cause::txdw | Cause::txqe | Cause::txd_low);
}

TEST_F(E1000Tx, WithoutBusMasteringFramesWaitAndAHeldInterruptStillComes) {
  pci::Function function{{.vendor = E1000::vendor_id, .device = E1000::device_id}};
  device.belong_to(function);
  start_tx();
  send(frame_of(100));
  EXPECT_TRUE(port.sent.empty());
  EXPECT_FALSE(tx_done(0));
  out(Reg::ITR, 1000);
  out(Reg::IMS, Cause::lsc);
  out(Reg::ICS, Cause::lsc);
  EXPECT_TRUE(line.now);
  (void)in(Reg::ICR);
  out(Reg::ICS, Cause::lsc);
  run();
  EXPECT_FALSE(line.now);
  EXPECT_TRUE(alarm.deadline.has_value());
  function.enable();
  run();
  EXPECT_EQ(port.sent.size(), 1u);
  EXPECT_TRUE(tx_done(0));
}

TEST_F(E1000Tx, WithoutReportStatusNothingIsWrittenBack) {
  start_tx();
  (void)in(Reg::ICR);
  send(frame_of(100), eop | ifcs);
  EXPECT_EQ(port.sent.size(), 1u);
  EXPECT_FALSE(tx_done(0));
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, 0u);
}

TEST_F(E1000Tx, PiecesOfAFrameAreGatheredInOrder) {
  start_tx();
  const Bytes frame = frame_of(300);
  put(tx_buffers, frame);
  add_legacy(tx_buffers, 14, ifcs | rs);
  add_legacy(tx_buffers + 14, 86, ifcs);
  add_legacy(tx_buffers + 100, 200, eop | ifcs | rs);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame);
  EXPECT_TRUE(tx_done(0));
  EXPECT_FALSE(tx_done(1));
  EXPECT_TRUE(tx_done(2));
}

TEST_F(E1000Tx, LargeFrameIsNotCopiedButForItsHead) {
  start_tx();
  send(frame_of(1514));
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame_of(1514));
  EXPECT_EQ(port.sent[0].pieces, 2u);
}

TEST_F(E1000Tx, FrameInMorePiecesThanThePortTakesIsSentWhole) {
  start_tx(256);
  const Bytes frame = frame_of(400);
  for (std::uint32_t n = 0; n < 200; ++n) {  // every second byte pair elsewhere: nothing merges
    const std::uint64_t at = tx_buffers + n * 16ull;
    put(at, {frame[2 * n], frame[2 * n + 1]});
    add_legacy(at, 2, ifcs | rs | (n == 199 ? eop : 0));
  }
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame);
  for (std::uint32_t n = 0; n < 200; ++n) EXPECT_TRUE(tx_done(n)) << n;
}

TEST_F(E1000Tx, ShortFrameIsPaddedToSixtyBytesWhenPspIsSet) {  // 13.4.33
  start_tx();
  send(frame_of(20));
  out(Reg::TCTL, 2);
  send(frame_of(20));
  ASSERT_EQ(port.sent.size(), 2u);
  Bytes padded = frame_of(20);
  padded.resize(60);
  EXPECT_EQ(port.sent[0].bytes, padded);
  EXPECT_EQ(port.sent[1].bytes, frame_of(20));
}

TEST_F(E1000Tx, NothingMovesWhileTransmissionIsDisabled) {
  start_tx();
  out(Reg::TCTL, 0);
  send(frame_of(64));
  EXPECT_TRUE(port.sent.empty());
  EXPECT_EQ(in(Reg::TDH), 0u);
  out(Reg::TCTL, 2);
  run();
  EXPECT_EQ(port.sent.size(), 1u);
}

TEST_F(E1000Tx, NothingMovesWhileTheLinkIsDown) {
  start_tx();
  device.set_link(false);
  send(frame_of(64));
  EXPECT_TRUE(port.sent.empty());
  device.set_link(true);
  run();
  EXPECT_EQ(port.sent.size(), 1u);
}

TEST_F(E1000Tx, FullPortIsWaitedForAndNothingIsLost) {
  start_tx();
  port.room = 1;
  send(frame_of(64));
  send(frame_of(65));
  send(frame_of(66));
  EXPECT_EQ(port.sent.size(), 1u);
  EXPECT_TRUE(port.wants_send);
  EXPECT_FALSE(tx_done(1));
  EXPECT_NE(device.work(), Worked::some);  // it sleeps meanwhile
  port.room = 9;
  run();
  ASSERT_EQ(port.sent.size(), 3u);
  EXPECT_EQ(port.sent[1].bytes.size(), 65u);
  EXPECT_FALSE(port.wants_send);
  EXPECT_TRUE(tx_done(1) && tx_done(2));
}

TEST_F(E1000Tx, RingWrapsAround) {
  start_tx();
  for (std::size_t n = 0; n < 40; ++n) send(frame_of(64 + n));
  ASSERT_EQ(port.sent.size(), 40u);
  EXPECT_EQ(port.sent[39].bytes.size(), 64u + 39);
  EXPECT_EQ(in(Reg::TDH), 40u % entries);
}

TEST_F(E1000Tx, ATurnTakesSixteenDescriptorsAtMost) {
  start_tx(64);
  for (int n = 0; n < 40; ++n) add_legacy(tx_buffers, 64, eop | ifcs);
  out(Reg::TDT, next);
  EXPECT_EQ(device.work(), Worked::some);
  EXPECT_EQ(port.sent.size(), 16u);
}

TEST_F(E1000Tx, ATurnTakesSixtyFourKilobytesAtMost) {
  start_tx(64);
  for (int n = 0; n < 12; ++n) add_legacy(tx_buffers, 16000, eop | ifcs);
  out(Reg::TDT, next);
  EXPECT_EQ(device.work(), Worked::some);
  EXPECT_EQ(port.sent.size(), 5u);
}

TEST_F(E1000Tx, VlanTagIsInsertedWhenTheDeviceIsSetSo) {  // 9.2: VME and VLE
  start_tx();
  const std::uint64_t tagged = eop | ifcs | vle | 0x1234ull << 48;
  send(frame_of(100), tagged);
  out(Reg::CTRL, 1u << 30);
  send(frame_of(100), tagged);
  ASSERT_EQ(port.sent.size(), 2u);
  EXPECT_EQ(port.sent[0].bytes, frame_of(100));
  Bytes expected = frame_of(100);
  const Bytes tag{0x81, 0x00, 0x12, 0x34};
  expected.insert(expected.begin() + 12, tag.begin(), tag.end());
  EXPECT_EQ(port.sent[1].bytes, expected);
}

TEST_F(E1000Tx, TransmitDelayHoldsTheReportUntilTidvHasRunOut) {  // 13.4.41
  start_tx();
  out(Reg::TIDV, 10);
  (void)in(Reg::ICR);
  send(frame_of(64), eop | ifcs | rs | ide);
  EXPECT_TRUE(tx_done(0));
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, 0u);
  pass_ns(10 * 1024 - 1);
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, 0u);
  pass_ns(1);
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, Cause::txdw);
}

TEST_F(E1000Tx, AbsoluteDelayBoundsHowLongNewFramesHoldTheReport) {  // 13.4.44
  start_tx();
  out(Reg::TIDV, 10);
  out(Reg::TADV, 15);
  (void)in(Reg::ICR);
  send(frame_of(64), eop | ifcs | rs | ide);
  pass_ns(9 * 1024);
  send(frame_of(64), eop | ifcs | rs | ide);
  pass_ns(6 * 1024);
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, Cause::txdw);
}

TEST_F(E1000Tx, FrameWithoutIdeEndsADelay) {  // 3.3.7.1 IDE
  start_tx();
  out(Reg::TIDV, 10);
  send(frame_of(64), eop | ifcs | rs | ide);
  (void)in(Reg::ICR);
  send(frame_of(64), eop | ifcs | rs);
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, Cause::txdw);
  pass_ns(20 * 1024);
  EXPECT_EQ(in(Reg::ICR)&Cause::txdw, 0u);
}

TEST_F(E1000Tx, LowThresholdIsReportedWhenItIsReached) {  // 13.4.43 LWTHRESH
  start_tx(64);
  out(Reg::TXDCTL, 1u << 25);
  for (int n = 0; n < 8; ++n) add_legacy(tx_buffers, 64, eop | ifcs);
  out(Reg::TDT, next);
  (void)in(Reg::ICR);
  run();
  EXPECT_EQ(in(Reg::ICR)&Cause::txd_low, 0u);
  for (int n = 0; n < 9; ++n) add_legacy(tx_buffers, 64, eop | ifcs);
  ring_tail();
  EXPECT_EQ(in(Reg::ICR)&Cause::txd_low, Cause::txd_low);
}

TEST_F(E1000Tx, StatisticsCountFramesWithTheirCrc) {  // 13.7
  start_tx();
  send(frame_of(60));
  send(frame_of(1514, broadcast));
  send(frame_of(500, {1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(in(Reg::GPTC), 3u);
  EXPECT_EQ(in(Reg::GPTC), 0u);  // read to clear
  EXPECT_EQ(in(Reg::TPT), 3u);
  EXPECT_EQ(in(Reg::PTC64), 1u);
  EXPECT_EQ(in(Reg::PTC511), 1u);
  EXPECT_EQ(in(Reg::PTC1522), 1u);
  EXPECT_EQ(in(Reg::BPTC), 1u);
  EXPECT_EQ(in(Reg::MPTC), 1u);
  EXPECT_EQ(in(Reg::GOTCL), 60u + 1514 + 500 + 12);
  EXPECT_EQ(in(Reg::GOTCH), 0u);
  EXPECT_EQ(in(Reg::GOTCL), 0u);  // reading the upper half has cleared both
}

TEST_F(E1000Tx, CrcInTheDataIsTakenOffAndMissingOneIsNot) {  // IFCS
  start_tx();
  Bytes frame = frame_of(64);
  CrcSum crc;
  crc.add(frame);
  for (const std::uint8_t b : crc.bytes()) frame.push_back(b);
  send(frame, eop | rs);
  send(frame_of(64), eop | rs);
  ASSERT_EQ(port.sent.size(), 2u);
  EXPECT_EQ(port.sent[0].bytes, frame_of(64));
  EXPECT_EQ(port.sent[1].bytes, frame_of(64));
}

TEST_F(E1000Tx, NullDescriptorsHaveNoDataAndAreReported) {  // 3.3.3, note 3
  start_tx();
  put(tx_buffers, frame_of(64));
  add_legacy(0, 100, ifcs | rs);
  add_legacy(tx_buffers, 64, eop | ifcs | rs);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame_of(64));
  EXPECT_TRUE(tx_done(0));
  EXPECT_EQ(device.counters().tx_not_ram, 0u);
}

TEST_F(E1000Tx, PartOfAFrameIsReportedWhenTheRingIsEmpty) {
  start_tx();
  const Bytes frame = frame_of(64);
  put(tx_buffers, frame);
  add_legacy(tx_buffers, 32, ifcs | rs);
  ring_tail();
  EXPECT_TRUE(tx_done(0));
  put(tx_buffers, Bytes(32));  // the guest may use its buffer again
  add_legacy(tx_buffers + 32, 32, eop | ifcs | rs);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, frame);
}

TEST_F(E1000Tx, ServiceTimeOfEachFrameIsRecorded) {
  start_tx();
  send(frame_of(64));
  send(frame_of(64));
  EXPECT_EQ(device.transmit_times().samples(), 2u);
  EXPECT_LT(device.transmit_times().max, std::uint64_t{1} << 36);
}

// --- loopback ---

TEST_F(E1000Tx, LoopbackOfMacAndPhyReachesTheReceiverOnly) {
  for (const bool by_phy : {false, true}) {
    out(Reg::CTRL, 1u << 26);
    next = 0;
    start_tx();
    start_rx(by_phy ? 0x0400'8002 : 0x0400'8042);
    if (by_phy) out(Reg::MDIC, 1u << 26 | 1u << 21 | 0x4140);
    send(frame_of(100));
    EXPECT_TRUE(port.sent.empty());
    EXPECT_EQ(rx(0).length, 100u);
    EXPECT_EQ(at(rx_buffers, 100), frame_of(100));
    EXPECT_FALSE(port.wants_receive);
  }
}

}  // namespace
}  // namespace takt::e1000
