// SPDX-License-Identifier: Apache-2.0
#include "virtio/mmio_transport.h"

#include <gtest/gtest.h>

#include "bus/serialized.h"
#include "bus/test_models.h"
#include "virtio/test_loopback.h"
#include "virtio/test_rings.h"

namespace takt::virtio {
namespace {

using fakes::Loopback;
using fakes::Piece;
using fakes::TestMemory;
using fakes::TestSplitRing;

struct RecordingLine final : IrqSink {
  void drive(bool level) RT override { now = level; }
  bool now = false;
};

class MmioTransportTest : public testing::Test {
 protected:
  std::uint64_t read(std::uint64_t offset, Width width = Width::b4) {
    return guarded.read({offset, width});
  }
  void write(std::uint64_t offset, std::uint64_t value, Width width = Width::b4) {
    guarded.write({offset, width}, value);
  }
  void enable_queue(std::uint16_t queue) {
    const QueueLayout at = rings[queue].layout();
    write(0x030, queue);
    write(0x038, at.size);
    const auto address = [this](std::uint64_t offset, Gpa gpa) {
      write(offset, gpa.raw() & 0xffff'ffff);
      write(offset + 4, gpa.raw() >> 32);
    };
    address(0x080, at.desc);
    address(0x090, at.driver);
    address(0x0a0, at.device);
    write(0x044, 1);
  }
  void drive() {
    write(0x070, 3);
    write(0x024, 1);
    write(0x020, 1 | 1 << 8);  // VERSION_1, RING_RESET
    write(0x070, 11);
    ASSERT_EQ(read(0x070), 11u);
    enable_queue(0);
    enable_queue(1);
    write(0x070, 15);
  }
  void use(unsigned queue) {
    const Piece piece{memory.alloc(16), 16, true};
    ASSERT_TRUE(rings[queue].post({&piece, 1}));
    guarded.doorbell(0x050, Width::b4);
    transport.work();
  }

  TestMemory memory;
  Loopback model;
  CountingBell bell;
  RecordingLine line;
  MmioTransport transport{model, memory.guest(), bell, line};
  Serialized guarded{transport, DeviceId{1}};
  std::array<TestSplitRing, 2> rings{{{memory, 8, 0}, {memory, 16, 0}}};
};

TEST_F(MmioTransportTest, SaysWhatItIs) {  // 4.2.2
  EXPECT_EQ(read(0x000), 0x74726976u);
  EXPECT_EQ(read(0x004), 2u);
  EXPECT_EQ(read(0x008), 4u);
  EXPECT_EQ(read(0x00c), 0x746b6174u);
}

TEST_F(MmioTransportTest, OffersFeaturesInWindows) {
  write(0x014, 1);
  EXPECT_EQ(read(0x010) & 1, 1u);
  write(0x014, 2);
  EXPECT_EQ(read(0x010), 0u);
}

TEST_F(MmioTransportTest, QueuesHaveALargestSize) {
  write(0x030, 1);
  EXPECT_EQ(read(0x034), 16u);
  write(0x030, 2);
  EXPECT_EQ(read(0x034), 0u);
  write(0x030, 0x1'0001);  // not queue 1
  EXPECT_EQ(read(0x034), 0u);
}

TEST_F(MmioTransportTest, AUsedBufferIsAnInterruptUntilItIsAcknowledged) {  // 4.2.3.4
  drive();
  use(0);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(read(0x060), 1u);
  EXPECT_EQ(read(0x060), 1u);
  model.irq->config_changed();
  write(0x064, 1);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(read(0x060), 2u);
  write(0x064, 2);
  EXPECT_FALSE(line.now);
}

TEST_F(MmioTransportTest, ADoorbellWakesAllQueues) {
  drive();
  use(1);
  EXPECT_TRUE(rings[1].used());
  EXPECT_EQ(model.notifications, (std::array{1u, 1u}));
}

TEST_F(MmioTransportTest, QueueReadyTellsWhetherAQueueWasTaken) {
  drive();
  EXPECT_EQ(read(0x044), 1u);
  write(0x044, 0);
  EXPECT_EQ(read(0x044), 0u);
  write(0x038, 12);  // no power of two
  write(0x044, 1);
  EXPECT_EQ(read(0x044), 0u);
}

TEST_F(MmioTransportTest, AQueueThatIsTakenBackIsReadyUntilItsRequestsAreDone) {  // 4.2.2.2
  drive();
  model.keep = true;
  use(0);
  write(0x030, 0);
  write(0x044, 0);
  EXPECT_EQ(read(0x044), 1u);
  model.keep = false;
  transport.work();
  EXPECT_EQ(read(0x044), 0u);
}

TEST_F(MmioTransportTest, AQueueIsResetByItsRegister) {
  drive();
  model.keep = true;
  use(0);
  write(0x030, 0);
  write(0x0c0, 1);
  EXPECT_EQ(read(0x0c0), 1u);
  model.keep = false;
  transport.work();
  EXPECT_EQ(read(0x0c0), 0u);
  EXPECT_EQ(read(0x044), 0u);
}

TEST_F(MmioTransportTest, ThereIsNoSharedMemory) {  // 4.2.2.1
  write(0x0ac, 0);
  EXPECT_EQ(read(0x0b0), 0xffff'ffffu);
  EXPECT_EQ(read(0x0b4), 0xffff'ffffu);
  EXPECT_EQ(read(0x0b8), 0xffff'ffffu);
  EXPECT_EQ(read(0x0bc), 0xffff'ffffu);
}

TEST_F(MmioTransportTest, TheConfigurationTakesAnyWidthAndHasAGeneration) {
  EXPECT_EQ(read(0x101, Width::b2), 0x0302u);
  EXPECT_EQ(read(0x100, Width::b8), 0x0807060504030201u);
  write(0x100, 9, Width::b1);
  EXPECT_EQ(model.config[0], 9u);
  drive();
  const std::uint64_t before = read(0x0fc);
  model.irq->config_changed();
  EXPECT_NE(read(0x0fc), before);
}

TEST_F(MmioTransportTest, RegistersAreThirtyTwoBitsWide) {
  EXPECT_EQ(read(0x000, Width::b1), 0u);
  EXPECT_EQ(read(0x002), 0u);
  write(0x070, 1, Width::b1);
  EXPECT_EQ(read(0x070), 0u);
  EXPECT_EQ(read(0x018), 0u);
}

TEST_F(MmioTransportTest, AResetWithdrawsInterrupts) {
  drive();
  use(0);
  write(0x070, 0);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(read(0x060), 0u);
  EXPECT_EQ(read(0x070), 0u);
}

TEST_F(MmioTransportTest, RulesSayWhatRunsWhere) {
  const AccessRules rules = transport.rules();
  EXPECT_EQ(rules.read(0x060, 4), Run::in_line);
  EXPECT_EQ(rules.write(0x064, 4), Run::in_line);
  EXPECT_EQ(rules.write(0x050, 4), Run::eventfd);
  EXPECT_EQ(rules.read(0x070, 4), Run::synchronous);
  EXPECT_EQ(rules.write(0x070, 4), Run::synchronous);
}

}  // namespace
}  // namespace takt::virtio
