// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_fixture.h"

namespace takt::virtio {
namespace {

template <class Format>
class NetControl : public NetTest<Format> {};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(NetControl, Formats);

TYPED_TEST(NetControl, WithTheFilterOnlyOwnAndBroadcastFramesPass) {
  this->start_with_filter();
  EXPECT_TRUE(this->passes(own));
  EXPECT_TRUE(this->passes(all));
  EXPECT_FALSE(this->passes(other));
  EXPECT_FALSE(this->passes(group));
  EXPECT_EQ(this->net->receiver(0).filtered, 2u);
}

TYPED_TEST(NetControl, ModesOpenAndCloseClassesOfFrames) {
  using enum NetFilter::Mode;
  this->start_with_filter();
  EXPECT_EQ(this->mode(promisc, 1), 0);
  EXPECT_TRUE(this->passes(other));
  EXPECT_EQ(this->mode(promisc, 0), 0);
  EXPECT_EQ(this->mode(all_multi, 1), 0);
  EXPECT_TRUE(this->passes(group));
  EXPECT_EQ(this->mode(no_multi, 1), 0);
  EXPECT_FALSE(this->passes(group));
  EXPECT_EQ(this->mode(all_uni, 1), 0);
  EXPECT_TRUE(this->passes(other));
  EXPECT_EQ(this->mode(no_uni, 1), 0);
  EXPECT_FALSE(this->passes(own));
  EXPECT_TRUE(this->passes(all));
  EXPECT_EQ(this->mode(no_broadcast, 1), 0);
  EXPECT_FALSE(this->passes(all));
  EXPECT_EQ(this->command(0, 6, {std::byte{1}}), 1);
  EXPECT_EQ(this->mode(promisc, 2), 1);
}

Bytes mac_tables(const std::vector<MacAddress>& unicast, const std::vector<MacAddress>& multicast) {
  Bytes data;
  for (const auto* table : {&unicast, &multicast}) {
    const Bytes count = bytes_of(static_cast<std::uint32_t>(table->size()));
    data.insert(data.end(), count.begin(), count.end());
    for (const MacAddress& mac : *table) {
      const Bytes bytes = bytes_of(mac);
      data.insert(data.end(), bytes.begin(), bytes.end());
    }
  }
  return data;
}

TYPED_TEST(NetControl, AddressesOfTheTablesPass) {
  this->start_with_filter();
  EXPECT_EQ(this->command(1, 0, mac_tables({other}, {group})), 0);
  EXPECT_TRUE(this->passes(other));
  EXPECT_TRUE(this->passes(group));
  EXPECT_EQ(this->command(1, 0, mac_tables({}, {})), 0);
  EXPECT_FALSE(this->passes(other));
}

TYPED_TEST(NetControl, ATableThatOverflowsLetsItsClassThrough) {
  this->start_with_filter();
  std::vector<MacAddress> many(65, group);
  for (std::uint8_t i = 0; i < many.size(); ++i) many[i][5] = i;
  many.back()[4] = 7;
  EXPECT_EQ(this->command(1, 0, mac_tables({}, many)), 0);
  EXPECT_TRUE(this->passes({0x01, 0, 0x5e, 0x7f, 0x7f, 0x7f}));
  EXPECT_FALSE(this->passes(other));
}

TYPED_TEST(NetControl, ATableThatIsShorterThanItSaysChangesNothing) {
  this->start_with_filter();
  EXPECT_EQ(this->command(1, 0, mac_tables({other}, {})), 0);
  Bytes data = mac_tables({}, {group});
  data.pop_back();
  EXPECT_EQ(this->command(1, 0, data), 1);
  EXPECT_EQ(this->command(1, 0, bytes_of(std::uint32_t{0xffff'ffff})), 1);
  EXPECT_TRUE(this->passes(other));
}

TYPED_TEST(NetControl, AnotherAddressShowsInTheConfigurationUntilTheReset) {
  this->start_with_filter();
  EXPECT_EQ(this->command(1, 1, bytes_of(other)), 0);
  EXPECT_TRUE(this->passes(other));
  EXPECT_FALSE(this->passes(own));
  EXPECT_EQ(this->net->read_config(3, Width::b1), 9u);
  EXPECT_TRUE(this->driver->stop());
  EXPECT_EQ(this->net->read_config(3, Width::b1), 1u);
}

TYPED_TEST(NetControl, TaggedFramesPassWhenTheirVlanIsInTheTable) {
  this->start_with_filter();
  EXPECT_FALSE(this->passes(own, 5));
  EXPECT_TRUE(this->passes(own, 0xe000));  // a priority alone
  EXPECT_EQ(this->command(2, 0, bytes_of(std::uint16_t{5})), 0);
  EXPECT_TRUE(this->passes(own, 5));
  EXPECT_TRUE(this->passes(own, 0x6005));
  EXPECT_FALSE(this->passes(own, 6));
  EXPECT_EQ(this->command(2, 1, bytes_of(std::uint16_t{5})), 0);
  EXPECT_FALSE(this->passes(own, 5));
  EXPECT_EQ(this->command(2, 0, bytes_of(std::uint16_t{4096})), 1);
}

TYPED_TEST(NetControl, GuestOffloadsAreSwitchedWithinWhatWasNegotiated) {
  this->start(guest_tso6);
  EXPECT_TRUE(this->port.allowed.tso4);
  EXPECT_FALSE(this->port.allowed.tso6);
  EXPECT_EQ(this->command(5, 0, bytes_of(std::uint64_t{0})), 0);
  EXPECT_EQ(this->port.allowed, FrameOffloads{});
  EXPECT_EQ(this->command(5, 0, bytes_of(guest_csum | guest_tso4)), 0);
  EXPECT_TRUE(this->port.allowed.tso4);
  EXPECT_EQ(this->command(5, 0, bytes_of(guest_csum | guest_tso6)), 1);
  EXPECT_TRUE(this->port.allowed.tso4);
}

TYPED_TEST(NetControl, UnknownCommandsAndShortOnesAreErrors) {
  this->start_with_filter();
  EXPECT_EQ(this->command(3, 0, {}), 1);
  EXPECT_EQ(this->command(200, 0, {}), 1);
  EXPECT_EQ(this->command(4, 0, bytes_of(std::uint16_t{1})), 1);  // no MQ
  EXPECT_EQ(this->command(1, 1, Bytes(5)), 1);
  EXPECT_EQ(this->net->control().counters().refused, 4u);
}

TYPED_TEST(NetControl, WithOnePairTheFramesOfAllPortsComeInByIt) {
  this->begin(3);
  this->start();
  this->offer(4);
  this->arrive(frame_to(own, 61), {}, 0);
  this->arrive(frame_to(own, 62), {}, 2);
  this->driver->run(rx);
  EXPECT_EQ(this->received()->size(), 61u);
  EXPECT_EQ(this->received()->size(), 62u);
  EXPECT_TRUE(this->ports[1].wants_receive);
}

TYPED_TEST(NetControl, WithMorePairsEachHasItsPort) {
  this->begin(3);
  this->start();
  EXPECT_EQ(this->command(4, 0, bytes_of(std::uint16_t{2})), 0);
  this->offer(4, 1536, 0);
  this->offer(4, 1536, 2);
  this->arrive(frame_to(own, 61), {}, 0);
  this->arrive(frame_to(own, 62), {}, 1);
  this->arrive(frame_to(own, 63), {}, 2);
  this->driver->post(3, {with_header({}, frame_to(other, 70))});
  this->driver->post(5, {with_header({}, frame_to(other, 71))});
  this->driver->run(3);
  EXPECT_EQ(this->received(0)->size(), 61u);
  EXPECT_EQ(this->received(0)->size(), 63u);
  EXPECT_EQ(this->received(2)->size(), 62u);
  EXPECT_EQ(this->ports[1].sent.size(), 1u);
  EXPECT_TRUE(this->ports[2].sent.empty());  // its pair is not used
  EXPECT_EQ(this->command(4, 0, bytes_of(std::uint16_t{4})), 1);
  EXPECT_EQ(this->command(4, 0, bytes_of(std::uint16_t{0})), 1);
}

TYPED_TEST(NetControl, WithoutMqTheControlQueueIsTheThird) {
  this->begin(3);
  this->start(mq);
  this->driver->post(2, {Bytes{std::byte{200}, std::byte{0}}}, {1});
  this->driver->run(2);
  const auto done = this->driver->collect(2);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->in[0][0], std::byte{1});
}

}  // namespace
}  // namespace takt::virtio
