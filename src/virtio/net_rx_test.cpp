// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_fixture.h"

namespace takt::virtio {
namespace {

template <class Format>
class NetReceive : public NetTest<Format> {};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(NetReceive, Formats);

TYPED_TEST(NetReceive, AFrameArrivesBehindAHeaderOfTwelveBytesInOneBuffer) {
  this->start();
  this->offer(4);
  const Bytes frame = frame_to(own, 200);
  this->arrive(frame);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->last_header.num_buffers, 1u);
  EXPECT_EQ(this->driver->interrupts().used[rx], 1u);
  EXPECT_EQ(this->net->receive_times().copy().samples(), 1u);
}

TYPED_TEST(NetReceive, ALongFrameFillsAsManyBuffersAsItNeeds) {
  this->start();
  this->offer(60);
  const Bytes frame = frame_to(own, 60'000);
  this->arrive(frame, tso);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->last_header.num_buffers, (60'000 + 12 + 1535) / 1536);
  EXPECT_EQ(this->last_header.frame.gso_type, FrameHeader::gso_tcpv4);
}

TYPED_TEST(NetReceive, LongAndShortFramesInTurnAreAllWhole) {
  this->start();
  this->offer(200, 700);
  std::vector<Bytes> frames;
  for (const std::size_t bytes : {60u, 9'000u, 688u, 689u, 1'388u, 1'389u, 30'000u, 14u, 64'000u}) {
    frames.push_back(frame_to(own, bytes, static_cast<unsigned>(bytes)));
    this->arrive(frames.back(), bytes > 1600 ? tso : FrameHeader{});
  }
  this->driver->run(rx);
  for (const Bytes& frame : frames) EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->driver->interrupts().resets, 0u);
}

TYPED_TEST(NetReceive, AHeaderSpreadOverManyBuffersIsWrittenWhereItGoes) {
  this->start();
  ASSERT_TRUE(this->driver->post(rx, {}, {1, 4, 5, 2, 3, 100, 1500}));
  const Bytes frame = frame_to(own, 500);
  this->arrive(frame);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->last_header.num_buffers, 1u);
}

TYPED_TEST(NetReceive, ABufferForAHeaderAloneIsOneOfAFramesBuffers) {
  this->start();
  this->offer(1, 12);
  this->offer(1, 1536);
  const Bytes frame = frame_to(own, 500);
  this->arrive(frame);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->last_header.num_buffers, 2u);
}

TYPED_TEST(NetReceive, ABufferWithoutRoomForAHeaderIsGivenBackEmpty) {
  this->start();
  this->offer(1, 11);
  this->offer(1);
  this->driver->run(rx);
  const auto done = this->driver->collect(rx);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->written, 0u);
  EXPECT_EQ(this->net->receiver(0).bad_buffers, 1u);
}

TYPED_TEST(NetReceive, AFrameWaitsForMoreBuffersAndIsNotLost) {
  this->start();
  this->offer(2);
  const Bytes frame = frame_to(own, 6000);
  this->arrive(frame, tso);
  this->driver->run(rx);
  EXPECT_FALSE(this->port.wants_receive);
  EXPECT_FALSE(this->driver->collect(rx));
  this->offer(1);
  this->driver->run(rx);
  EXPECT_FALSE(this->driver->collect(rx));
  this->offer(3);
  EXPECT_TRUE(this->driver->kick(rx));
  this->driver->work();
  EXPECT_EQ(this->received(), frame);
  EXPECT_TRUE(this->port.wants_receive);
}

TYPED_TEST(NetReceive, AFrameThatCannotFitInTheWholeQueueIsDroppedAndTheNextArrives) {
  this->begin(1, {.mac = own, .queue_size = 8});
  this->start();
  this->offer(8);
  this->arrive(frame_to(own, 30'000), tso);
  const Bytes next = frame_to(own, 80);
  this->arrive(next);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), next);
  EXPECT_EQ(this->net->receiver(0).no_room, 1u);
}

TYPED_TEST(NetReceive, WithoutMergeableBuffersAFrameIsInOneOrDropped) {
  this->start(mrg_rxbuf);
  this->offer(1, 1526);
  this->offer(1, 65601);
  this->arrive(frame_to(own, 3000), tso);
  this->driver->run(rx);
  EXPECT_FALSE(this->driver->collect(rx));
  EXPECT_EQ(this->net->receiver(0).no_room, 1u);
  const Bytes frame = frame_to(own, 1514);
  this->arrive(frame);
  const Bytes longest = frame_to(own, largest_frame);
  this->arrive(longest, tso);
  this->driver->work();
  EXPECT_EQ(this->received(), frame);
  EXPECT_EQ(this->last_header.num_buffers, 1u);
  EXPECT_EQ(this->received(), longest);
  EXPECT_EQ(this->last_header.num_buffers, 1u);
}

TYPED_TEST(NetReceive, ABufferOfMorePiecesThanAPortTakesIsFilledToItsEnd) {
  this->start(mrg_rxbuf);
  ASSERT_TRUE(this->driver->post_indirect(rx, {}, std::vector<std::uint32_t>(200, 20)));
  const Bytes frame = frame_to(own, 3900);
  this->arrive(frame, tso);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_LE(this->port.most_pieces, 64u);
}

TYPED_TEST(NetReceive, WithoutBuffersThePortIsNotAskedAndTheDriverIsHeard) {
  this->start();
  this->arrive(frame_to(own, 100));
  this->driver->work();
  EXPECT_EQ(this->port.incoming.size(), 1u);
  EXPECT_FALSE(this->port.wants_receive);
  this->offer(1);
  EXPECT_TRUE(this->driver->kick(rx));
  this->driver->work();
  EXPECT_TRUE(this->received());
}

TYPED_TEST(NetReceive, WithoutBuffersTheDriverIsHeardAlsoAfterTheLinkWasDown) {
  this->start(feature::event_idx);
  for (const bool up : {false, true}) {
    this->net->set_link(up);
    this->driver->work();
  }
  this->offer(1);
  EXPECT_TRUE(this->driver->kick(rx));
}

TYPED_TEST(NetReceive, WhileThereAreBuffersTheDriverNeedNotNotify) {
  this->start();
  this->offer(4);
  this->driver->run(rx);
  EXPECT_TRUE(this->port.wants_receive);
  this->arrive(frame_to(own, 100));
  this->driver->work();
  EXPECT_TRUE(this->received());
  this->offer(1);
  EXPECT_FALSE(this->driver->kick(rx));
}

TYPED_TEST(NetReceive, AnIdleTurnFindsNothingToDo) {
  this->start();
  this->offer(4);
  this->driver->run(rx);
  EXPECT_EQ(this->net->work(), Worked::nothing);
  this->arrive(frame_to(own, 100));
  EXPECT_EQ(this->net->work(), Worked::all);
  EXPECT_EQ(this->net->work(), Worked::nothing);
}

TYPED_TEST(NetReceive, AFloodIsTakenInTurnsOf64Frames) {
  this->start();
  this->offer(150, 128);
  for (int i = 0; i < 150; ++i) this->arrive(frame_to(own, 60));
  this->driver->kick(rx);
  EXPECT_EQ(this->net->work(), Worked::some);
  EXPECT_EQ(this->port.incoming.size(), 150u - 64u);
  EXPECT_EQ(this->net->work(), Worked::some);
  EXPECT_EQ(this->net->work(), Worked::all);
  EXPECT_TRUE(this->port.incoming.empty());
}

TYPED_TEST(NetReceive, AReceiveFloodDoesNotKeepAFrameFromBeingSent) {
  this->start();
  this->offer(150, 128);
  for (int i = 0; i < 150; ++i) this->arrive(frame_to(own, 60));
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  this->driver->kick(tx);
  EXPECT_EQ(this->net->work(), Worked::some);
  EXPECT_EQ(this->port.sent.size(), 1u);
}

TYPED_TEST(NetReceive, FramesLongerThanTheMtuThatWasNegotiatedAreDropped) {
  this->begin(1, {.mac = own, .mtu = 1400});
  this->start();
  this->offer(8);
  this->arrive(frame_to(own, 1400 + 14 + 4));
  this->arrive(frame_to(own, 1400 + 14 + 5));
  this->arrive(frame_to(own, 5000), tso);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame_to(own, 1400 + 14 + 4));
  EXPECT_EQ(this->received(), frame_to(own, 5000));
  EXPECT_EQ(this->net->receiver(0).too_long, 1u);
}

TYPED_TEST(NetReceive, WhatTheDriverDoesNotTakeUndoneIsNotGivenToIt) {
  this->start(guest_csum);
  EXPECT_EQ(this->port.allowed, FrameOffloads{});
  this->offer(4);
  this->arrive(frame_to(own, 100), {.flags = FrameHeader::needs_csum, .csum_start = 34});
  this->arrive(frame_to(own, 100), {.flags = FrameHeader::data_valid});
  this->driver->run(rx);
  EXPECT_TRUE(this->received());
  EXPECT_EQ(this->last_header.frame.flags, 0u);
  EXPECT_FALSE(this->received());
  EXPECT_EQ(this->net->receiver(0).undone, 1u);
}

}  // namespace
}  // namespace takt::virtio
