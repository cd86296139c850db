// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_fixture.h"

namespace takt::virtio {
namespace {

template <class Format>
class NetSend : public NetTest<Format> {};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(NetSend, Formats);

TYPED_TEST(NetSend, AFrameIsSentFromTheDriversMemory) {
  this->start();
  const Bytes frame = frame_to(other, 300);
  this->driver->post(tx, {bytes_of(NetHeader{}), frame});
  this->driver->run(tx);
  ASSERT_EQ(this->port.sent.size(), 1u);
  EXPECT_EQ(this->port.sent[0].bytes, frame);
  EXPECT_EQ(this->driver->collect(tx)->written, 0u);
  EXPECT_EQ(this->net->send_times().copy().samples(), 1u);
}

TYPED_TEST(NetSend, AHeaderThatSharesABufferWithTheFrameIsCutOff) {
  this->start();
  const Bytes frame = frame_to(other, 300);
  this->driver->post(tx, {with_header({}, frame)});
  this->driver->run(tx);
  ASSERT_EQ(this->port.sent.size(), 1u);
  EXPECT_EQ(this->port.sent[0].bytes, frame);
}

TYPED_TEST(NetSend, AFrameOfManyPiecesIsSentWhole) {
  this->start();
  const Bytes frame = frame_to(other, 2000);
  std::vector<Bytes> parts{bytes_of(NetHeader{})};
  for (std::size_t at = 0; at < frame.size(); at += 10)
    parts.emplace_back(frame.begin() + static_cast<long>(at),
                       frame.begin() + static_cast<long>(at) + 10);
  ASSERT_TRUE(this->driver->post_indirect(tx, parts));
  this->driver->run(tx);
  ASSERT_EQ(this->port.sent.size(), 1u);
  EXPECT_EQ(this->port.sent[0].bytes, frame);
  EXPECT_LE(this->port.most_pieces, 64u);
}

TYPED_TEST(NetSend, WhenThePortIsFullTheFrameWaitsAndTheOrderStays) {
  this->start();
  this->port.room = 1;
  for (unsigned i = 0; i < 3; ++i)
    this->driver->post(tx, {with_header({}, frame_to(other, 60, i))});
  this->driver->run(tx);
  EXPECT_EQ(this->port.sent.size(), 1u);
  EXPECT_TRUE(this->port.wants_send);
  EXPECT_EQ(this->net->work(), Worked::nothing);
  this->port.room = 5;
  this->driver->work();
  ASSERT_EQ(this->port.sent.size(), 3u);
  EXPECT_FALSE(this->port.wants_send);
  for (unsigned i = 0; i < 3; ++i) {
    EXPECT_EQ(this->port.sent[i].bytes, frame_to(other, 60, i));
    EXPECT_EQ(this->driver->collect(tx)->request, i);
  }
}

TYPED_TEST(NetSend, SegmentationThatWasNegotiatedGoesToThePort) {
  this->start();
  FrameHeader header = tso;
  header.hdr_len = 60'000;
  this->driver->post(tx, {with_header({.frame = header}, frame_to(other, 9000))});
  this->driver->run(tx);
  ASSERT_EQ(this->port.sent.size(), 1u);
  EXPECT_EQ(this->port.sent[0].header.gso_type, FrameHeader::gso_tcpv4);
  EXPECT_EQ(this->port.sent[0].header.hdr_len, 9000u);  // never beyond the frame
}

TYPED_TEST(NetSend, BadHeadersAreDroppedAndCountedAndTheirBuffersGivenBack) {
  this->start();
  FrameHeader unknown = tso, no_csum = tso, no_size = tso, beyond = tso, ufo = tso;
  unknown.gso_type = 9;
  no_csum.flags = 0;
  no_size.gso_size = 0;
  beyond.csum_offset = 100 - 34 - 1;
  ufo.gso_type = FrameHeader::gso_udp;
  for (const FrameHeader& header : {unknown, no_csum, no_size, beyond, ufo})
    this->driver->post(tx, {with_header({.frame = header}, frame_to(other, 100))});
  this->driver->post(tx, {Bytes(12 + 13)});
  this->driver->post(tx, {Bytes(5)});
  this->driver->post(tx, {Bytes(12 + 65537)});
  this->driver->run(tx);
  EXPECT_TRUE(this->port.sent.empty());
  EXPECT_EQ(this->net->sender(0).bad_header, 5u);
  EXPECT_EQ(this->net->sender(0).malformed, 3u);
  for (int i = 0; i < 8; ++i) EXPECT_TRUE(this->driver->collect(tx));
}

TYPED_TEST(NetSend, AfterATurnOfSendingTheDriverIsHeardAgain) {
  this->start();
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  EXPECT_TRUE(this->driver->kick(tx));
  this->driver->work();
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  EXPECT_TRUE(this->driver->kick(tx));
}

}  // namespace
}  // namespace takt::virtio
