// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_fixture.h"

namespace takt::virtio {
namespace {

template <class Format>
class NetLife : public NetTest<Format> {};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(NetLife, Formats);

TYPED_TEST(NetLife, OffersOnlyOffloadsThatAllPortsHave) {
  const std::uint64_t most = csum | guest_csum | host_tso4 | guest_tso4 | host_tso6 | guest_tso6 |
                             host_ecn | guest_ecn | ctrl_guest_offloads;
  EXPECT_EQ(this->net->features() & most, most);
  EXPECT_EQ(this->net->features() & (host_ufo | guest_ufo | mq | mtu), 0u);
  this->ports[1].offloads = {};
  this->begin(2);
  EXPECT_EQ(this->net->features() & most, 0u);
  EXPECT_NE(this->net->features() & mq, 0u);
}

TYPED_TEST(NetLife, ConfigurationSaysAddressLinkPairsAndMtu) {
  this->begin(2, {.mac = own, .mtu = 9000, .speed_mbps = 10'000});
  const auto read = [&](std::uint64_t at, Width w) { return this->net->read_config(at, w); };
  EXPECT_EQ(read(0, Width::b1), 0x52u);
  EXPECT_EQ(read(2, Width::b4), 0x03020100u);
  EXPECT_EQ(read(6, Width::b2), 1u);
  EXPECT_EQ(read(8, Width::b2), 2u);
  EXPECT_EQ(read(10, Width::b2), 9000u);
  EXPECT_EQ(read(12, Width::b4), 10'000u);
  EXPECT_EQ(read(16, Width::b1), 1u);
  EXPECT_EQ(read(20, Width::b8), 0u);
  EXPECT_EQ(read(~0ull, Width::b8), 0u);
}

TYPED_TEST(NetLife, TheLinkGoesDownWithAConfigurationInterruptAndDropsFrames) {
  this->start();
  this->offer(4);
  this->net->set_link(false);
  EXPECT_EQ(this->bell.rings, 1u);
  this->arrive(frame_to(own, 100));
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  this->driver->run(tx);
  EXPECT_EQ(this->driver->interrupts().config, 1u);
  EXPECT_EQ(this->net->read_config(6, Width::b2), 0u);
  EXPECT_FALSE(this->received());
  EXPECT_TRUE(this->driver->collect(tx));
  EXPECT_TRUE(this->port.sent.empty());
  EXPECT_EQ(this->net->receiver(0).link_down, 1u);
  this->net->set_link(true);
  this->arrive(frame_to(own, 100));
  this->driver->work();
  EXPECT_EQ(this->driver->interrupts().config, 2u);
  EXPECT_TRUE(this->received());
}

TYPED_TEST(NetLife, AResetForgetsBuffersFramesAndWishes) {
  this->start();
  this->offer(2);
  this->arrive(frame_to(own, 6000), tso);
  this->port.room = 0;
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  this->driver->run(tx);
  EXPECT_TRUE(this->port.wants_send);
  EXPECT_TRUE(this->driver->stop());
  EXPECT_FALSE(this->port.wants_send);
  EXPECT_FALSE(this->port.wants_receive);
  EXPECT_EQ(this->port.allowed, FrameOffloads{});
  this->port.room = 9;
  this->start();
  this->offer(2);
  const Bytes frame = frame_to(own, 100);
  this->arrive(frame);
  this->driver->run(rx);
  EXPECT_EQ(this->received(), frame);
  EXPECT_TRUE(this->port.sent.empty());
}

TYPED_TEST(NetLife, AReceiveQueueThatIsResetTakesNoMoreFramesAndTheOthersGoOn) {
  this->start();
  this->offer(2);
  this->driver->run(rx);
  EXPECT_TRUE(this->net->stop_queue(rx));
  this->arrive(frame_to(own, 100));
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  this->driver->run(tx);
  EXPECT_FALSE(this->port.wants_receive);
  EXPECT_EQ(this->port.incoming.size(), 1u);
  EXPECT_EQ(this->port.sent.size(), 1u);
}

TYPED_TEST(NetLife, ABrokenQueueAsksForAResetOnceAndTheOthersGoOn) {
  this->start();
  const std::array pieces{fakes::Piece{Gpa{0x10}, 100, true}};  // not RAM
  ASSERT_TRUE(this->driver->raw_post(rx, pieces));
  this->driver->run(rx);
  EXPECT_EQ(this->driver->interrupts().resets, 1u);
  this->driver->post(tx, {with_header({}, frame_to(other, 60))});
  this->driver->run(tx);
  EXPECT_EQ(this->port.sent.size(), 1u);
  EXPECT_EQ(this->net->work(), Worked::nothing);
  EXPECT_EQ(this->driver->interrupts().resets, 1u);
}

}  // namespace
}  // namespace takt::virtio
