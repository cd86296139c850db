// SPDX-License-Identifier: Apache-2.0
// What a guest, or the other side, may try: nothing of it does more than drop a frame or stop a
// ring, and each is counted.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

using E1000Hostile = E1000Fixture;

TEST_F(E1000Hostile, RingsThatAreNoneDoNothing) {
  start_tx();
  start_rx();
  for (const Reg base : {Reg::TDBAL, Reg::RDBAL}) {
    const auto at = [&](unsigned n) { return Reg{static_cast<std::uint32_t>(base) + 4 * n}; };
    out(at(2), 0);  // no length
    out(at(6), 5);
    out(at(2), 256);
    out(at(4), 16);  // a head beyond the end
    out(at(4), 0);
    out(at(6), 0xffff);  // a tail beyond the end
  }
  arrive(frame_of(64));
  EXPECT_TRUE(port.sent.empty());
  EXPECT_EQ(in(Reg::TDH), 0u);
  EXPECT_EQ(in(Reg::RDH), 0u);
}

TEST_F(E1000Hostile, RingOutsideOfRamStopsUntilItIsAnother) {
  start_tx();
  out(Reg::TDBAH, 0xffff'ffff);
  out(Reg::TDT, 3);
  run();
  EXPECT_EQ(device.counters().rings_stopped, 1u);
  run();
  EXPECT_EQ(device.counters().rings_stopped, 1u);
  out(Reg::TDBAH, 0);
  out(Reg::TDT, 0);
  send(frame_of(64));
  EXPECT_EQ(port.sent.size(), 1u);
}

TEST_F(E1000Hostile, ReceiveRingOutsideOfRamStopsUntilItIsAnother) {
  start_rx();
  out(Reg::RDBAH, 1);
  arrive(frame_of(64));
  arrive(frame_of(64));
  EXPECT_EQ(device.counters().rings_stopped, 1u);
  EXPECT_EQ(port.coming.size(), 1u);
  EXPECT_FALSE(port.wants_receive);
  out(Reg::RDBAH, 0);
  run();
  EXPECT_EQ(rx(0).length, 64u);
}

TEST_F(E1000Hostile, FrameOutsideOfRamIsDroppedAndReported) {
  start_tx();
  add_legacy(0xffff'ffff'ffff'fff0, 64, ifcs);
  add_legacy(tx_buffers, 64, eop | ifcs | rs);
  ring_tail();
  EXPECT_TRUE(port.sent.empty());
  EXPECT_TRUE(tx_done(1));
  EXPECT_EQ(device.counters().tx_not_ram, 1u);
  send(frame_of(64));
  EXPECT_EQ(port.sent.size(), 1u);
}

TEST_F(E1000Hostile, BufferOutsideOfRamLosesItsPartOnly) {
  start_rx();
  put_rx(0, {.address = 0xffff'ffff'ffff'ffff});
  arrive(frame_of(64));
  EXPECT_EQ(rx(0).status & 3, 3);
  EXPECT_EQ(device.counters().rx_not_ram, 1u);
}

TEST_F(E1000Hostile, FramesThatNeverEndAreBoundedAndDropped) {
  start_tx(64);
  for (int n = 0; n < 1000; ++n) {
    add_data(tx_buffers, 0xffff, rs | tse);
    out(Reg::TDT, next);
    run();
  }
  EXPECT_EQ(in(Reg::TDH), next);
  EXPECT_EQ(device.counters().tx_too_long, 1u);
  add_data(tx_buffers, 64, eop | rs | tse);
  ring_tail();
  EXPECT_TRUE(port.sent.empty());
  EXPECT_TRUE(tx_done(next - 1));
  send(frame_of(64));
  EXPECT_EQ(port.sent.size(), 1u);
}

TEST_F(E1000Hostile, FrameTooLongForTheFifoIsDropped) {  // 3.3.3
  start_tx();
  add_data(tx_buffers, 16'289, eop | ifcs | rs);
  add_data(tx_buffers, 16'288, eop | ifcs | rs);
  ring_tail();
  EXPECT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(device.counters().tx_too_long, 1u);
}

TEST_F(E1000Hostile, RuntsAreDropped) {
  start_tx();
  send(frame_of(14));
  add_legacy(tx_buffers, 13, eop | ifcs | rs);
  add_legacy(tx_buffers, 0, eop | ifcs | rs);
  ring_tail();
  EXPECT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(device.counters().tx_too_short, 1u);
  EXPECT_TRUE(tx_done(2));
  start_rx();
  arrive(Bytes(13));
  EXPECT_EQ(device.counters().rx_malformed, 1u);
}

TEST_F(E1000Hostile, ReservedDescriptorTypesAreStepped0ver) {
  start_tx();
  add_tx(tx_buffers, 64 | dext | 7u << 20 | eop | rs);
  ring_tail();
  EXPECT_TRUE(tx_done(0));
  EXPECT_TRUE(port.sent.empty());
  EXPECT_EQ(device.counters().tx_bad_descriptors, 1u);
}

TEST_F(E1000Hostile, ResetInTheMiddleOfAFrameForgetsIt) {
  start_tx();
  add_legacy(tx_buffers, 64, ifcs);
  ring_tail();
  out(Reg::CTRL, 1u << 26);
  next = 0;
  start_tx();
  send(frame_of(70));
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes.size(), 70u);
}

TEST_F(E1000Hostile, ResetWhileThePortIsFullForgetsTheFrame) {
  start_tx();
  port.room = 0;
  send(frame_of(64));
  EXPECT_TRUE(port.wants_send);
  out(Reg::CTRL, 1u << 26);
  EXPECT_FALSE(port.wants_send);
  port.room = 9;
  run();
  EXPECT_TRUE(port.sent.empty());
}

TEST_F(E1000Hostile, ResetOfTheReceiverTellsThePort) {
  start_rx();
  EXPECT_TRUE(port.wants_receive);
  out(Reg::CTRL, 1u << 26);
  run();
  EXPECT_FALSE(port.wants_receive);
}

TEST_F(E1000Hostile, LoopbackIntoAFullReceiverLosesFrames) {
  start_tx();
  start_rx(0x0400'8042, 1);
  for (int n = 0; n < 5; ++n) send(frame_of(64));
  EXPECT_EQ(in(Reg::RDH), 1u);
  EXPECT_EQ(in(Reg::MPC), 3u);  // one is in the ring, one in the FIFO
}

TEST_F(E1000Hostile, LoopbackOfTheReceiversOwnRingIsHarmless) {
  start_tx();
  start_rx(0x0400'8042);
  add_legacy(rx_ring, 256, eop | ifcs | rs);
  put_rx(0, {.address = tx_ring});
  out(Reg::RCTL, 0x0400'804a);
  ring_tail();
  run();
  EXPECT_EQ(in(Reg::RDH), 1u);
}

TEST_F(E1000Hostile, UnfinishedChecksumThatLiesIsLeft) {
  start_rx();
  arrive(frame_of(64), {.flags = 1, .csum_start = 63, .csum_offset = 0});
  arrive(frame_of(64), {.flags = 1, .csum_start = 0xffff, .csum_offset = 0xffff});
  EXPECT_EQ(at(rx_buffers, 64), frame_of(64));
  EXPECT_EQ(in(Reg::RDH), 2u);
}

TEST_F(E1000Hostile, FrameLongerThanAnyIsCountedAsOversize) {
  start_rx(0x0400'8022);
  arrive(frame_of(70'000));
  EXPECT_EQ(in(Reg::ROC), 1u);
  EXPECT_EQ(in(Reg::RDH), 0u);
}

}  // namespace
}  // namespace takt::e1000
