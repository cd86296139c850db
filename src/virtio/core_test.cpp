// SPDX-License-Identifier: Apache-2.0
#include "virtio/core.h"

#include <gtest/gtest.h>

#include "bus/test_models.h"
#include "virtio/test_loopback.h"
#include "virtio/test_rings.h"

namespace takt::virtio {
namespace {

using fakes::Loopback;
using fakes::Piece;
using fakes::TestMemory;
using fakes::TestSplitRing;
using Ring = Core::Ring;

struct RecordingTransport final : Transport {
  void queue_interrupt(unsigned queue) RT override { ++used.at(queue); }
  void config_interrupt() RT override { ++config; }
  void after_reset() RT override { ++resets; }
  std::array<unsigned, 2> used{};
  unsigned config = 0;
  unsigned resets = 0;
};

class CoreTest : public testing::Test {
 protected:
  static constexpr std::uint64_t basic = feature::version_1 | feature::ring_reset;

  void accept(std::uint64_t features) {
    core.select_driver_features(0);
    core.write_driver_features(static_cast<std::uint32_t>(features));
    core.select_driver_features(1);
    core.write_driver_features(static_cast<std::uint32_t>(features >> 32));
  }
  bool negotiate(std::uint64_t features = basic) {
    core.write_status(status::acknowledge | status::driver);
    accept(features);
    core.write_status(status::acknowledge | status::driver | status::features_ok);
    return (core.read_status() & status::features_ok) != 0;
  }
  void describe(std::uint16_t queue, const QueueLayout& at) {
    core.select_queue(queue);
    core.write_queue_size(at.size);
    const auto set = [this](Ring r, Gpa gpa) {
      core.write_queue_address_low(r, static_cast<std::uint32_t>(gpa.raw()));
      core.write_queue_address_high(r, static_cast<std::uint32_t>(gpa.raw() >> 32));
    };
    set(Ring::desc, at.desc);
    set(Ring::driver, at.driver);
    set(Ring::device, at.device);
  }
  void enable(std::uint16_t queue) {
    describe(queue, rings[queue].layout());
    core.enable_queue();
  }
  void drive() {
    ASSERT_TRUE(negotiate());
    enable(0);
    enable(1);
    core.write_status(core.read_status() | status::driver_ok);
  }
  void post(unsigned queue) {
    const Piece piece{memory.alloc(16), 16, true};
    ASSERT_TRUE(rings[queue].post({&piece, 1}));
    core.notify(queue);
  }

  TestMemory memory;
  Loopback model;
  RecordingTransport transport;
  CountingBell bell;
  Core core{model, memory.guest(), transport, bell};
  std::array<TestSplitRing, 2> rings{{{memory, 8, 0}, {memory, 16, 0}}};
};

TEST_F(CoreTest, OffersTheModelsFeaturesAndTheRings) {
  core.select_device_features(0);
  EXPECT_EQ(core.device_features(), 1u << 5 | 1u << 28 | 1u << 29);
  core.select_device_features(1);
  EXPECT_EQ(core.device_features(), 1u << 0 | 1u << 2 | 1u << 8 | 1u << 18);
  core.select_device_features(2);
  EXPECT_EQ(core.device_features(), 0u);
}

TEST_F(CoreTest, FeaturesAreAcceptedInWindows) {
  accept(0x1'2000'0020);
  EXPECT_EQ(core.driver_features(), 1u);
  core.select_driver_features(0);
  EXPECT_EQ(core.driver_features(), 0x2000'0020u);
}

TEST_F(CoreTest, FeaturesOkIsRefusedForWhatWasNotOffered) {  // 3.1.1
  EXPECT_FALSE(negotiate(basic | 1 << 6));
  EXPECT_EQ(core.counters().features_refused, 1u);
  EXPECT_TRUE(negotiate(basic | 1 << 5));  // the driver tries again with less
}

TEST_F(CoreTest, FeaturesOkIsRefusedWithoutVersion1) { EXPECT_FALSE(negotiate(1 << 5)); }

TEST_F(CoreTest, FeaturesOkIsRefusedForFeaturesInAWindowThatDoesNotExist) {
  core.select_driver_features(2);
  core.write_driver_features(1);
  EXPECT_FALSE(negotiate());
  core.write_status(0);
  EXPECT_TRUE(negotiate());
}

TEST_F(CoreTest, FeaturesCannotBeChangedAfterFeaturesOk) {
  ASSERT_TRUE(negotiate());
  accept(basic | 1 << 5);
  core.select_driver_features(0);
  EXPECT_EQ(core.driver_features(), 0u);
}

TEST_F(CoreTest, StatusBitsCanBeSetOnly) {  // 2.1.1
  core.write_status(status::acknowledge | status::driver);
  core.write_status(status::acknowledge);
  EXPECT_EQ(core.read_status(), status::acknowledge | status::driver);
  core.write_status(status::needs_reset | 0x30);
  EXPECT_EQ(core.read_status(), status::acknowledge | status::driver);
  core.write_status(status::failed);
  EXPECT_NE(core.read_status() & status::failed, 0);
}

TEST_F(CoreTest, DriverOkWithoutFeaturesOkStartsNothing) {
  core.write_status(status::acknowledge | status::driver | status::driver_ok);
  EXPECT_EQ(core.read_status() & status::driver_ok, 0);
  EXPECT_EQ(model.starts, 0u);
}

TEST_F(CoreTest, DriverOkStartsTheModelOnceWithTheFeatures) {
  drive();
  core.write_status(core.read_status());
  EXPECT_EQ(model.starts, 1u);
  EXPECT_EQ(model.negotiated, basic);
  EXPECT_GE(bell.rung, 1);
}

TEST_F(CoreTest, AQueueIsEnabledWhenItsRingsMakeSense) {
  ASSERT_TRUE(negotiate());
  enable(0);
  EXPECT_TRUE(core.selected()->enabled);
  EXPECT_EQ(core.selected()->size, 8u);
}

TEST_F(CoreTest, AQueueIsNotEnabledBeforeFeaturesOk) {
  enable(0);
  EXPECT_FALSE(core.selected()->enabled);
  EXPECT_EQ(core.counters().queues_refused, 1u);
}

TEST_F(CoreTest, AQueueThatIsNotInRamIsNotEnabled) {
  ASSERT_TRUE(negotiate());
  QueueLayout layout = rings[0].layout();
  layout.device = Gpa{0x1000};
  describe(0, layout);
  core.enable_queue();
  EXPECT_FALSE(core.selected()->enabled);
  EXPECT_EQ(core.counters().queues_refused, 1u);
}

TEST_F(CoreTest, SizesThatTheQueueDoesNotHaveAreRefused) {
  core.select_queue(1);
  EXPECT_EQ(core.selected()->size, 16u);
  core.write_queue_size(17);
  core.write_queue_size(0);
  EXPECT_EQ(core.selected()->size, 16u);
  EXPECT_EQ(core.largest_size(), 16u);
}

TEST_F(CoreTest, APackedQueueTakesASizeThatIsNoPowerOfTwo) {
  for (const std::uint64_t format : {std::uint64_t{0}, feature::ring_packed}) {
    core.write_status(0);
    ASSERT_TRUE(negotiate(basic | format));
    QueueLayout layout = rings[1].layout();
    layout.size = 10;
    layout.driver = layout.device;
    describe(1, layout);
    core.enable_queue();
    EXPECT_EQ(core.selected()->enabled, format != 0);
  }
}

TEST_F(CoreTest, AnEnabledQueueCannotBeMoved) {
  ASSERT_TRUE(negotiate());
  enable(0);
  const std::uint64_t desc = core.selected()->desc;
  core.write_queue_address_low(Ring::desc, 0);
  core.write_queue_address_high(Ring::desc, 1);
  core.write_queue_size(4);
  EXPECT_EQ(core.selected()->desc, desc);
  EXPECT_EQ(core.selected()->size, 8u);
}

TEST_F(CoreTest, AQueueThatDoesNotExistHasNothing) {
  ASSERT_TRUE(negotiate());
  core.select_queue(2);
  EXPECT_EQ(core.selected(), nullptr);
  EXPECT_EQ(core.largest_size(), 0u);
  core.write_queue_size(8);
  core.write_queue_address_low(Ring::desc, 1);
  core.enable_queue();
  core.reset_queue();
  core.write_queue_vector(1);
  core.notify(2);
  core.notify(~0u);
}

TEST_F(CoreTest, NotificationsReachTheModelAndItsServer) {
  drive();
  const int rung = bell.rung;
  post(1);
  EXPECT_EQ(model.notifications[1], 1u);
  EXPECT_EQ(bell.rung, rung + 1);
  EXPECT_EQ(core.work(), Worked::all);
  EXPECT_TRUE(rings[1].used());
  EXPECT_EQ(transport.used[1], 1u);
}

TEST_F(CoreTest, NothingIsNotifiedBeforeDriverOk) {
  ASSERT_TRUE(negotiate());
  enable(0);
  post(0);
  EXPECT_EQ(model.notifications[0], 0u);
  EXPECT_EQ(core.work(), Worked::nothing);
}

TEST_F(CoreTest, AResetForgetsAll) {
  drive();
  core.write_status(0);
  EXPECT_EQ(core.read_status(), 0);
  EXPECT_EQ(model.stops, 1u);
  EXPECT_EQ(transport.resets, 1u);
  core.select_queue(1);
  EXPECT_FALSE(core.selected()->enabled);
  EXPECT_EQ(core.selected()->desc, 0u);
  EXPECT_EQ(core.selected()->size, 16u);
  EXPECT_EQ(core.driver_features(), 0u);
  EXPECT_EQ(core.work(), Worked::nothing);
}

TEST_F(CoreTest, AResetWithRequestsUnderWayIsCompleteWhenTheModelHasStopped) {  // 2.4.1
  drive();
  model.keep = true;
  post(0);
  core.work();
  core.write_status(0);
  EXPECT_NE(core.read_status(), 0);
  core.work();
  EXPECT_NE(core.read_status(), 0);
  model.keep = false;
  core.work();
  EXPECT_EQ(core.read_status(), 0);
  EXPECT_EQ(transport.resets, 1u);
  EXPECT_EQ(transport.used[0], 0u);  // what came back meanwhile interrupts nobody
  drive();
  EXPECT_EQ(model.starts, 2u);
}

TEST_F(CoreTest, UntilAResetIsCompleteWritesAreDropped) {
  drive();
  model.keep = true;
  post(0);
  core.work();
  core.write_status(0);
  const std::uint8_t before = core.read_status();
  core.write_status(status::failed);
  core.select_queue(1);
  core.reset_queue();
  core.write_config(0, Width::b1, 0x55);
  core.notify(1);
  EXPECT_EQ(core.read_status(), before);
  EXPECT_TRUE(core.state().queues[1].enabled);
  EXPECT_EQ(model.config[0], 1u);
  EXPECT_EQ(model.notifications[1], 0u);
}

TEST_F(CoreTest, AQueueIsResetAloneAndEnabledAgain) {  // 2.6.1
  drive();
  core.select_queue(0);
  core.reset_queue();
  EXPECT_FALSE(core.selected()->enabled);
  EXPECT_FALSE(core.selected()->resetting);
  EXPECT_TRUE(core.state().queues[1].enabled);
  EXPECT_TRUE(model.stopped[0]);
  rings[0] = TestSplitRing{memory, 4, 0};
  enable(0);
  EXPECT_TRUE(core.selected()->enabled);
  EXPECT_EQ(model.restarts, 1u);
  post(0);
  core.work();
  EXPECT_TRUE(rings[0].used());
}

TEST_F(CoreTest, AQueueResetWaitsForItsOwnRequestsOnly) {  // 2.6.1
  drive();
  model.keep = true;
  post(0);
  core.work();
  core.select_queue(1);
  core.reset_queue();
  EXPECT_FALSE(core.selected()->enabled);
  core.select_queue(0);
  core.reset_queue();
  core.work();
  EXPECT_TRUE(core.selected()->resetting);
  EXPECT_TRUE(core.selected()->enabled);
  model.keep = false;
  core.work();
  EXPECT_FALSE(core.selected()->resetting);
  EXPECT_FALSE(core.selected()->enabled);
}

TEST_F(CoreTest, ADeviceResetTakesQueueResetsWithIt) {
  drive();
  model.keep = true;
  post(0);
  core.work();
  core.select_queue(0);
  core.reset_queue();
  core.write_status(0);
  model.keep = false;
  core.work();
  EXPECT_EQ(core.read_status(), 0);
  EXPECT_FALSE(core.state().queues[0].resetting);
  drive();
  core.work();
  EXPECT_TRUE(core.state().queues[0].enabled);
}

TEST_F(CoreTest, ABrokenQueueAsksForAResetOnce) {  // 2.1.2
  drive();
  rings[0].set_avail_idx(100);
  core.work();
  core.work();
  EXPECT_NE(core.read_status() & status::needs_reset, 0);
  EXPECT_EQ(transport.config, 1u);
  EXPECT_EQ(core.counters().needs_reset, 1u);
  core.write_status(0);
  EXPECT_EQ(core.read_status(), 0);
}

TEST_F(CoreTest, AChangeOfTheConfigurationHasAGenerationAndAnInterrupt) {  // 2.5
  drive();
  const std::uint32_t generation = core.state().config_generation;
  model.irq->config_changed();
  EXPECT_NE(core.state().config_generation, generation);
  EXPECT_EQ(transport.config, 1u);
}

TEST_F(CoreTest, TheConfigurationIsTheModels) {
  EXPECT_EQ(core.read_config(1, Width::b2), 0x0302u);
  core.write_config(7, Width::b2, 0xaabb);
  EXPECT_EQ(core.read_config(6, Width::b4), 0xbb07u);
}

}  // namespace
}  // namespace takt::virtio
