// SPDX-License-Identifier: Apache-2.0
#include "virtio/vhost_net.h"

#include <gtest/gtest.h>

#include "virtio/test_driver.h"
#include "virtio/test_vhost.h"

namespace takt::virtio {
namespace {

using fakes::FakePort;

constexpr MacAddress mac{0x52, 0x54, 0, 1, 2, 3};

class VhostNetTest : public testing::Test {
 protected:
  void start() {
    driver.start(net.features() | feature::version_1, 64);
    driver.work();
  }
  void TearDown() override { EXPECT_EQ(port.misuses, 0u); }
  FakePort port;
  std::array<VhostPort*, 1> ports{&port};
  VhostNet net{ports, mac};
  fakes::TestDriver<fakes::Split> driver{net};
};

TEST_F(VhostNetTest, NothingIsOfferedThatTheKernelDoesNotDo) {
  EXPECT_NE(net.features() & net_feature::mrg_rxbuf, 0u);
  EXPECT_NE(net.features() & net_feature::csum, 0u);
  EXPECT_EQ(net.features() & net_feature::ctrl_vq, 0u);
  EXPECT_EQ(net.ring_features() & feature::ring_packed, 0u);
  EXPECT_EQ(net.read_config(2, Width::b4), 0x03020100u);
}

TEST_F(VhostNetTest, TheKernelGetsBothRingsAsTheDriverHasThemAndAKick) {
  start();
  for (unsigned queue = 0; queue < 2; ++queue) {
    EXPECT_TRUE(port.runs[queue]);
    EXPECT_EQ(port.rings[queue].size, 64u);
    EXPECT_EQ(port.rings[queue].desc, driver.queue(queue).split_rings().desc);
    EXPECT_EQ(port.kicks[queue], 1u);
  }
  EXPECT_EQ(port.told, net.features() | feature::version_1);
  EXPECT_TRUE(port.received.csum);
}

TEST_F(VhostNetTest, ANotificationThatComesToTheModelGoesOnToTheKernel) {
  start();
  net.notified(1);
  EXPECT_EQ(port.kicks[1], 2u);
}

TEST_F(VhostNetTest, WhatTheKernelUsedIsAnInterrupt) {
  start();
  port.used[0] = true;
  driver.work();
  driver.work();
  EXPECT_EQ(driver.interrupts().used[0], 1u);
  EXPECT_EQ(driver.interrupts().used[1], 0u);
}

TEST_F(VhostNetTest, ADeviceResetIsDoneWhenTheKernelHasLetGo) {
  start();
  EXPECT_FALSE(net.stop());
  EXPECT_TRUE(port.runs[0]);
  driver.work();
  EXPECT_FALSE(port.runs[0] || port.runs[1]);
  EXPECT_TRUE(net.stop());
  EXPECT_FALSE(port.received.csum);
  start();
  EXPECT_TRUE(port.runs[0] && port.runs[1]);
}

TEST_F(VhostNetTest, OneQueueIsResetAndTheOtherGoesOn) {
  start();
  EXPECT_FALSE(net.stop_queue(1));
  driver.work();
  EXPECT_TRUE(net.stop_queue(1));
  EXPECT_TRUE(port.runs[0]);
  EXPECT_FALSE(port.runs[1]);
  net.restart_queue(1);
  driver.work();
  EXPECT_TRUE(port.runs[1]);
}

TEST_F(VhostNetTest, WithoutTheBusTheKernelLetsGoAndLaterGoesOnWhereItWas) {
  start();
  port.next = {7, 9};
  net.rest();
  EXPECT_FALSE(port.runs[0] || port.runs[1]);
  net.notified(1);
  EXPECT_EQ(port.kicks[1], 1u);
  driver.work();
  EXPECT_TRUE(port.runs[0] && port.runs[1]);
  EXPECT_EQ(port.rings[0].next, 7u);
  EXPECT_EQ(port.rings[1].next, 9u);
  EXPECT_EQ(port.kicks[1], 2u);
}

TEST_F(VhostNetTest, AQueueThatWasResetBeginsAnew) {
  start();
  port.next = {7, 9};
  net.rest();
  EXPECT_TRUE(net.stop_queue(1));
  net.restart_queue(1);
  driver.work();
  EXPECT_EQ(port.rings[0].next, 7u);
  EXPECT_EQ(port.rings[1].next, 0u);
}

TEST_F(VhostNetTest, AQueueThatTheKernelGivesUpStopsTheDevice) {
  start();
  port.broken[1] = true;
  driver.work();
  EXPECT_EQ(driver.interrupts().resets, 1u);
  EXPECT_FALSE(port.runs[0] || port.runs[1]);
  driver.work();
  EXPECT_FALSE(port.runs[0]);
  EXPECT_TRUE(net.stop());
}

TEST_F(VhostNetTest, AKernelThatRefusesIsAskedOnceAndTheDriverIsTold) {
  port.refuses = true;
  start();
  driver.work();
  EXPECT_EQ(net.counters().refused, 1u);
  EXPECT_EQ(driver.interrupts().resets, 1u);
}

/// Three pairs, and the control queue.
class VhostPairsTest : public testing::Test {
 protected:
  static constexpr unsigned control = 6;
  void start(std::uint64_t without = 0) {
    driver.start((net.features() | feature::version_1) & ~without, 64);
    driver.work();
  }
  std::optional<std::byte> command(std::uint8_t group, std::uint8_t code, std::uint16_t pairs) {
    driver.post(control, {{std::byte{group}, std::byte{code}}, fakes::bytes_of(pairs)}, {1});
    driver.run(control);
    const auto done = driver.collect(control);
    return done ? std::optional{done->in[0][0]} : std::nullopt;
  }
  [[nodiscard]] std::array<bool, 3> running() const {
    std::array<bool, 3> all{};
    for (unsigned n = 0; n < 3; ++n) all[n] = port[n].runs[0] && port[n].runs[1];
    return all;
  }
  void TearDown() override {
    for (const FakePort& one : port) EXPECT_EQ(one.misuses, 0u);
  }
  using Which = std::array<bool, 3>;
  static constexpr std::byte ok{0}, error{1};

  std::array<FakePort, 3> port;
  std::array<VhostPort*, 3> ports{&port[0], &port[1], &port[2]};
  VhostNet net{ports, mac};
  fakes::TestDriver<fakes::Split> driver{net};
};

TEST_F(VhostPairsTest, TheFirstPairIsUsedUntilTheDriverWantsMore) {
  start();
  EXPECT_EQ(net.read_config(8, Width::b2), 3u);
  EXPECT_EQ(running(), (Which{true, false, false}));
  EXPECT_EQ(port[1].in_use, false);
  EXPECT_EQ(command(4, 0, 2), ok);
  EXPECT_EQ(running(), (Which{true, true, false}));
  EXPECT_EQ(port[1].in_use, true);
  EXPECT_EQ(port[2].in_use, false);
  EXPECT_EQ(port[1].told, net.features() | feature::version_1);
  EXPECT_EQ(driver.interrupts().used[control], 1u);
}

TEST_F(VhostPairsTest, APairThatIsNoLongerUsedIsTakenBackAndLaterGoesOnWhereItWas) {
  start();
  EXPECT_EQ(command(4, 0, 3), ok);
  port[2].next = {5, 6};
  EXPECT_EQ(command(4, 0, 1), ok);
  EXPECT_EQ(running(), (Which{true, false, false}));
  EXPECT_EQ(command(4, 0, 3), ok);
  EXPECT_EQ(running(), (Which{true, true, true}));
  EXPECT_EQ(port[2].rings[1].next, 6u);
}

TEST_F(VhostPairsTest, OtherCommandsAndNumbersAreErrors) {
  start();
  EXPECT_EQ(command(4, 0, 0), error);
  EXPECT_EQ(command(4, 0, 4), error);
  EXPECT_EQ(command(4, 1, 2), error);
  EXPECT_EQ(command(0, 0, 1), error);
  EXPECT_EQ(running(), (Which{true, false, false}));
}

TEST_F(VhostPairsTest, ADeviceResetTakesAllPairsBack) {
  start();
  EXPECT_EQ(command(4, 0, 3), ok);
  EXPECT_FALSE(net.stop());
  driver.work();
  EXPECT_EQ(running(), (Which{false, false, false}));
  EXPECT_TRUE(net.stop());
  start();
  EXPECT_EQ(running(), (Which{true, false, false}));
}

TEST_F(VhostPairsTest, ADriverWithoutMqHasOnePairAndNoControlQueue) {
  EXPECT_FALSE(net.accepts(net.features() & ~net_feature::mq));
  EXPECT_TRUE(net.accepts(net.features() & ~(net_feature::mq | net_feature::ctrl_vq)));
  EXPECT_TRUE(net.accepts(net.features()));
  start(net_feature::mq | net_feature::ctrl_vq);
  EXPECT_EQ(running(), (Which{true, false, false}));
}

}  // namespace
}  // namespace takt::virtio
