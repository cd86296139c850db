// SPDX-License-Identifier: Apache-2.0
// Reception. Sections are those of 317453.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

using E1000Rx = E1000Fixture;
using St = RxDescriptor::Status;

TEST_F(E1000Rx, FrameIsPutIntoTheBufferAndReported) {  // 3.2.3
  start_rx();
  (void)in(Reg::ICR);
  arrive(frame_of(100));
  EXPECT_EQ(rx(0).length, 100u);
  EXPECT_EQ(rx(0).status, St::dd | St::eop | St::ixsm);
  EXPECT_EQ(rx(0).errors, 0u);
  EXPECT_EQ(at(rx_buffers, 100), frame_of(100));
  EXPECT_EQ(in(Reg::RDH), 1u);
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
}

TEST_F(E1000Rx, ShortFrameIsPaddedAsOnAWire) {
  start_rx();
  put(rx_buffers, Bytes(64, 0xee));
  arrive(frame_of(42));
  Bytes padded = frame_of(42);
  padded.resize(60);
  EXPECT_EQ(rx(0).length, 60u);
  EXPECT_EQ(at(rx_buffers, 60), padded);
}

TEST_F(E1000Rx, CrcFollowsTheFrameWhenItIsNotStripped) {  // SECRC
  start_rx(0x0000'8002);
  const Bytes frame{[] {
    Bytes f = frame_of(60);
    return f;
  }()};
  arrive(frame);
  EXPECT_EQ(rx(0).length, 64u);
  std::uint32_t crc = ~0u;  // bit by bit, IEEE 802.3, 3.2.9
  for (const std::uint8_t b : frame)
    for (int n = 0; n < 8; ++n) crc = crc >> 1 ^ (((crc ^ b >> n) & 1) != 0 ? 0xedb8'8320 : 0);
  crc = ~crc;
  const Bytes tail = at(rx_buffers + 60, 4);
  EXPECT_EQ(static_cast<std::uint32_t>(tail[0] | tail[1] << 8 | tail[2] << 16) |
                static_cast<std::uint32_t>(tail[3]) << 24,
            crc);
}

TEST_F(E1000Rx, LongFrameFillsSeveralBuffers) {  // 3.2.3: EOP in the last
  start_rx(0x0400'8022 | 3u << 16);              // LPE, 256 bytes
  arrive(frame_of(600));
  EXPECT_EQ(rx(0).length, 256u);
  EXPECT_EQ(rx(0).status, St::dd);
  EXPECT_EQ(rx(2).length, 600u - 512);
  EXPECT_EQ(rx(2).status & (St::dd | St::eop), St::dd | St::eop);
  EXPECT_EQ(in(Reg::RDH), 3u);
  Bytes all = at(rx_buffers, 256);
  for (std::uint64_t n = 1; n < 3; ++n) {
    const Bytes more = at(rx_buffers + n * 2048, n == 2 ? 88 : 256);
    all.insert(all.end(), more.begin(), more.end());
  }
  EXPECT_EQ(all, frame_of(600));
}

TEST_F(E1000Rx, OversizeFrameIsDroppedUnlessLongPacketsAreEnabled) {  // LPE, ROC
  start_rx();
  arrive(frame_of(1518));
  arrive(frame_of(1519));
  EXPECT_EQ(in(Reg::RDH), 1u);
  EXPECT_EQ(in(Reg::ROC), 1u);
  EXPECT_EQ(in(Reg::RLEC), 1u);
  out(Reg::RCTL, 0x0400'8022);
  arrive(frame_of(16380));
  arrive(frame_of(16381));
  EXPECT_EQ(in(Reg::GPRC), 2u);
  EXPECT_EQ(in(Reg::ROC), 1u);
}

TEST_F(E1000Rx, NothingIsTakenWhileReceptionIsDisabled) {
  arrive(frame_of(64));
  EXPECT_EQ(port.coming.size(), 1u);
  EXPECT_FALSE(port.wants_receive);
  start_rx();
  EXPECT_TRUE(port.wants_receive);
  EXPECT_EQ(in(Reg::RDH), 1u);
  device.set_link(false);
  run();
  EXPECT_FALSE(port.wants_receive);
}

TEST_F(E1000Rx, FullRingHoldsOneFrameAndAsksForNoMore) {  // RXO, RNBC
  start_rx(0x0400'8002, 1);
  arrive(frame_of(64));
  (void)in(Reg::ICR);
  port.coming.push_back({{}, frame_of(65)});
  port.coming.push_back({{}, frame_of(66)});
  run();
  out(Reg::RCTL, 0x0400'8002);
  run();  // asks again, and tells no more
  EXPECT_EQ(in(Reg::ICR), Cause::rxo);
  EXPECT_EQ(in(Reg::RNBC), 1u);
  EXPECT_FALSE(port.wants_receive);
  EXPECT_EQ(port.coming.size(), 1u);
  out(Reg::RDT, 3);
  run();
  EXPECT_EQ(rx(1).length, 65u);
  EXPECT_EQ(rx(2).length, 66u);
  EXPECT_TRUE(port.wants_receive);
  EXPECT_EQ(in(Reg::MPC), 0u);
}

TEST_F(E1000Rx, RdtWakesTheServerOnlyWhileAFrameWaitsForDescriptors) {
  start_rx(0x0400'8002, 2);
  arrive(frame_of(64));
  const unsigned before = bell.rung;
  out(Reg::RDT, 3);
  EXPECT_EQ(bell.rung, before);
  EXPECT_EQ(in(Reg::RDT), 3u);
  for (std::uint32_t n = 0; n < 3; ++n) arrive(frame_of(64));  // the last one does not fit
  out(Reg::RDT, 4);
  EXPECT_EQ(bell.rung, before + 1);
  run();
  EXPECT_EQ(in(Reg::RDH), 4u);
  out(Reg::RDT, 5);
  EXPECT_EQ(bell.rung, before + 1);
}

TEST_F(E1000Rx, FrameThatNoRingOfThisSizeHoldsIsMissed) {  // MPC
  start_rx(0x0400'8022 | 3u << 16);
  arrive(frame_of(256 * 16));
  EXPECT_EQ(in(Reg::MPC), 1u);
  EXPECT_EQ(device.counters().rx_never_fits, 1u);
  arrive(frame_of(64));
  EXPECT_EQ(in(Reg::RDH), 1u);
}

TEST_F(E1000Rx, MinimumThresholdIsReportedWhenItIsReached) {  // RDMTS: a half
  start_rx(0x0400'8002, 10);
  (void)in(Reg::ICR);
  arrive(frame_of(64));
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
  arrive(frame_of(64));
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0 | Cause::rxdmt0);
  arrive(frame_of(64));
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
}

TEST_F(E1000Rx, ReceiveDelayStartsAnewWithEachFrame) {  // 13.4.30
  start_rx();
  out(Reg::RDTR, 10);
  (void)in(Reg::ICR);
  arrive(frame_of(64));
  EXPECT_EQ(rx(0).status & St::dd, St::dd);
  pass_ns(9 * 1024);
  arrive(frame_of(64));
  pass_ns(9 * 1024);
  EXPECT_EQ(in(Reg::ICR), 0u);
  pass_ns(1024);
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
}

TEST_F(E1000Rx, AbsoluteReceiveDelayBoundsIt) {  // 13.4.31
  start_rx();
  out(Reg::RDTR, 10);
  out(Reg::RADV, 12);
  (void)in(Reg::ICR);
  arrive(frame_of(64));
  pass_ns(9 * 1024);
  arrive(frame_of(64));
  pass_ns(3 * 1024);
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
  pass_ns(100 * 1024);
  EXPECT_EQ(in(Reg::ICR), 0u);
}

TEST_F(E1000Rx, FlushReportsWhatIsDelayed) {  // RDTR.FPD
  start_rx();
  out(Reg::RDTR, 1000);
  (void)in(Reg::ICR);
  arrive(frame_of(64));
  out(Reg::RDTR, 1u << 31 | 1000);
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
  EXPECT_EQ(in(Reg::RDTR), 1000u);
}

TEST_F(E1000Rx, SmallPacketIsReported) {  // RSRPD
  start_rx();
  out(Reg::RSRPD, 100);
  (void)in(Reg::ICR);
  arrive(frame_of(96));
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0 | Cause::srpd);
  arrive(frame_of(97));
  EXPECT_EQ(in(Reg::ICR), Cause::rxt0);
}

TEST_F(E1000Rx, StatisticsCountWhatPassedAndWhatCame) {  // 13.7
  start_rx();
  arrive(frame_of(60));
  arrive(frame_of(200, broadcast));
  arrive(frame_of(300, {2, 2, 2, 2, 2, 2}));  // not for us
  EXPECT_EQ(in(Reg::TPR), 3u);
  EXPECT_EQ(in(Reg::GPRC), 2u);
  EXPECT_EQ(in(Reg::BPRC), 1u);
  EXPECT_EQ(in(Reg::MPRC), 0u);
  EXPECT_EQ(in(Reg::PRC64), 1u);
  EXPECT_EQ(in(Reg::PRC255), 1u);
  EXPECT_EQ(in(Reg::GORCL), 64u + 204);
  EXPECT_EQ(in(Reg::TORL), 64u + 204 + 304);
}

TEST_F(E1000Rx, ATurnTakesSixteenFramesAtMost) {
  start_rx();
  for (int n = 0; n < 20; ++n) port.coming.push_back({{}, frame_of(64, {2, 2, 2, 2, 2, 2})});
  EXPECT_EQ(device.work(), Worked::some);
  EXPECT_EQ(port.coming.size(), 4u);
}

TEST_F(E1000Rx, ServiceTimeOfEachFrameIsRecorded) {
  start_rx();
  arrive(frame_of(64));
  EXPECT_EQ(device.receive_times().samples(), 1u);
}

TEST_F(E1000Rx, UnfinishedChecksumOfALocalSenderIsCompleted) {
  start_rx();
  Bytes frame = frame_of(60);
  frame[40] = 0x12;
  frame[41] = 0x34;
  arrive(frame, {.flags = FrameHeader::needs_csum, .csum_start = 34, .csum_offset = 6});
  std::uint32_t sum = 0;
  for (std::size_t n = 34; n < 60; n += 2)
    sum += static_cast<std::uint32_t>(frame[n] << 8 | frame[n + 1]);
  sum = (sum & 0xffff) + (sum >> 16);
  const Bytes field = at(rx_buffers + 40, 2);
  EXPECT_EQ(static_cast<unsigned>(field[0] << 8 | field[1]), ~sum & 0xffff);
}

}  // namespace
}  // namespace takt::e1000
