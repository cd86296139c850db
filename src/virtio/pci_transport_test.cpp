// SPDX-License-Identifier: Apache-2.0
#include "virtio/pci_transport.h"

#include <gtest/gtest.h>

#include "bus/serialized.h"
#include "bus/test_models.h"
#include "pci/fakes.h"
#include "pci/regs.h"
#include "pci/upkeep.h"
#include "virtio/pci_common.h"
#include "virtio/test_loopback.h"
#include "virtio/test_rings.h"

namespace takt::virtio {
namespace {

using namespace pci_common;
using fakes::Loopback;
using fakes::Piece;
using fakes::TestMemory;
using fakes::TestSplitRing;
using pci::fakes::RecordingPin;
using pci::fakes::RecordingVector;

class PciTransportTest : public testing::Test {
 protected:
  PciTransportTest() {
    transport.function().set_bar_device(0, guarded, DeviceId{1});
    std::vector<MsiVector*> sinks;
    for (RecordingVector& vector : vectors) sinks.push_back(&vector);
    pci::Msix& msix =
        transport.function().add_msix(sinks, PciTransport::msix_bar, upkeep, 3, DeviceId{1});
    transport.attach(msix);
    upkeep.attach(3, transport.function());
    transport.function().enable();
  }
  std::uint64_t read(std::uint64_t offset, Width width = Width::b4) {
    return guarded.read({offset, width});
  }
  void write(std::uint64_t offset, std::uint64_t value, Width width = Width::b4) {
    guarded.write({offset, width}, value);
  }
  void enable_queue(std::uint16_t queue) {
    const QueueLayout at = rings[queue].layout();
    write(queue_select, queue, Width::b2);
    write(queue_size, at.size, Width::b2);
    write(queue_msix_vector, queue + 1u, Width::b2);
    const auto address = [this](std::uint64_t offset, Gpa gpa) {
      write(offset, gpa.raw() & 0xffff'ffff);
      write(offset + 4, gpa.raw() >> 32);
    };
    address(queue_desc, at.desc);
    address(queue_driver, at.driver);
    address(queue_device, at.device);
    write(queue_enable, 1, Width::b2);
  }
  void drive() {
    write(device_status, 3, Width::b1);
    write(driver_feature_select, 1);
    write(driver_feature, 1 | 1 << 8);  // VERSION_1, RING_RESET
    write(device_status, 11, Width::b1);
    ASSERT_EQ(read(device_status, Width::b1), 11u);
    write(config_msix_vector, 0, Width::b2);
    enable_queue(0);
    enable_queue(1);
    write(device_status, 15, Width::b1);
  }
  void use(unsigned queue) {
    const Piece piece{memory.alloc(16), 16, true};
    ASSERT_TRUE(rings[queue].post({&piece, 1}));
    guarded.doorbell(0x3000 + 4 * queue, Width::b4);
    transport.work();
  }
  void enable_msix() {
    pci::Function& f = transport.function();
    ASSERT_NE(msix_cap(), 0u);
    for (std::uint16_t v = 0; v < 3; ++v) {
      f.msix()->write({v * 16u, Width::b4}, 0xfee0'0000);
      f.msix()->write({v * 16u + 8, Width::b4}, v);
      f.msix()->write({v * 16u + 12, Width::b4}, 0);
    }
    if (f.write({msix_cap() + 2u, Width::b2}, 0x8000).route)
      f.msix()->route(pci::Msix::all_vectors);
  }
  /// Offset of the first capability that `wanted` takes; 0 without one.
  template <class Wanted>
  std::uint8_t find_cap(const Wanted& wanted) {
    std::uint32_t at = config(pci::Reg::capabilities_pointer, Width::b1);
    for (; at != 0; at = config(at + 1, Width::b1))
      if (wanted(at)) return static_cast<std::uint8_t>(at);
    return 0;
  }
  std::uint8_t msix_cap() {
    return find_cap([this](std::uint32_t at) { return config(at, Width::b1) == 0x11; });
  }
  std::uint8_t cap(unsigned type) {
    return find_cap([this, type](std::uint32_t at) {
      return config(at, Width::b1) == 0x09 && config(at + 3, Width::b1) == type;
    });
  }
  std::uint32_t config(std::uint64_t offset, Width width = Width::b4) {
    return transport.function().read({offset, width});
  }

  TestMemory memory;
  Loopback model;
  CountingBell bell;
  RecordingPin pin;
  std::array<RecordingVector, 3> vectors;
  pci::Upkeep upkeep;
  PciTransport transport{model, memory.guest(), bell, pin, 11};
  Serialized guarded{transport, DeviceId{1}};
  std::array<TestSplitRing, 2> rings{{{memory, 8, 0}, {memory, 16, 0}}};
};

TEST_F(PciTransportTest, IsAModernFunctionOfItsDeviceId) {  // 4.1.2
  EXPECT_EQ(config(0x00), 0x1044'1af4u);
  EXPECT_EQ(config(0x08), 0x1080'0001u);  // an entropy source
  EXPECT_GE(config(0x2e, Width::b2), 0x40u);
  EXPECT_EQ(config(0x3c, Width::b2), 0x010bu);
}

TEST(PciTransport, ShowsTheClassOfANetworkCard) {
  TestMemory memory;
  Loopback model;
  CountingBell bell;
  RecordingPin pin;
  model.id = 1;
  PciTransport transport{model, memory.guest(), bell, pin, 11};
  EXPECT_EQ(transport.function().read({0x00, Width::b4}), 0x1041'1af4u);
  EXPECT_EQ(transport.function().read({0x08, Width::b4}), 0x0200'0001u);
}

TEST_F(PciTransportTest, CapabilitiesSayWhereTheStructuresAre) {  // 4.1.4
  const auto where = [this](unsigned type) {
    const std::uint8_t at = cap(type);
    return std::array{config(at + 4u, Width::b1), config(at + 8u), config(at + 12u)};
  };
  EXPECT_EQ(where(1), (std::array{0u, 0x0000u, 0x40u}));
  EXPECT_EQ(where(2), (std::array{0u, 0x3000u, 0x1000u}));
  EXPECT_EQ(where(3), (std::array{0u, 0x1000u, 4u}));
  EXPECT_EQ(where(4), (std::array{0u, 0x2000u, 0x1000u}));
  EXPECT_EQ(config(cap(2) + 16u), 4u);  // notify_off_multiplier
  EXPECT_EQ(config(cap(2) + 2u, Width::b1), 20u);
  EXPECT_EQ(config(cap(1) + 2u, Width::b1), 16u);
  EXPECT_EQ(config(cap(5) + 2u, Width::b1), 20u);
}

TEST_F(PciTransportTest, RegistersReadWhatWasWritten) {
  write(device_feature_select, 1);
  EXPECT_EQ(read(device_feature_select), 1u);
  EXPECT_EQ(read(device_feature) & 1, 1u);
  EXPECT_EQ(read(num_queues, Width::b2), 2u);
  write(queue_select, 1, Width::b2);
  EXPECT_EQ(read(queue_size, Width::b2), 16u);
  EXPECT_EQ(read(queue_notify_off, Width::b2), 1u);
  write(queue_desc, 0x1234'5670);
  write(queue_desc_high, 0x9);
  EXPECT_EQ(read(queue_desc), 0x1234'5670u);
  EXPECT_EQ(read(queue_desc_high), 0x9u);
  write(queue_select, 0, Width::b2);
  EXPECT_EQ(read(queue_desc), 0u);
}

TEST_F(PciTransportTest, AnAccessThatIsNoRegisterDoesNothing) {  // 4.1.3.1
  write(device_status, 1, Width::b2);
  EXPECT_EQ(read(device_status, Width::b1), 0u);
  EXPECT_EQ(read(0x3e, Width::b2), 0u);
  EXPECT_EQ(read(0x800), 0u);
  write(0x800, 1);
  EXPECT_EQ(read(num_queues, Width::b4), 0u);
}

TEST_F(PciTransportTest, AQueueThatDoesNotExistHasSizeZero) {  // 4.1.4.3.1
  write(queue_select, 2, Width::b2);
  EXPECT_EQ(read(queue_size, Width::b2), 0u);
  EXPECT_EQ(read(queue_msix_vector, Width::b2), 0xffffu);
  write(queue_enable, 1, Width::b2);
  EXPECT_EQ(read(queue_enable, Width::b2), 0u);
}

TEST_F(PciTransportTest, VectorsBeyondTheTableReadBackAsNone) {  // 4.1.5.1.2
  EXPECT_EQ(read(config_msix_vector, Width::b2), 0xffffu);
  write(config_msix_vector, 2, Width::b2);
  EXPECT_EQ(read(config_msix_vector, Width::b2), 2u);
  write(config_msix_vector, 3, Width::b2);
  EXPECT_EQ(read(config_msix_vector, Width::b2), 0xffffu);
  write(queue_msix_vector, 2, Width::b2);
  EXPECT_EQ(read(queue_msix_vector, Width::b2), 2u);
  write(queue_msix_vector, 0xfffe, Width::b2);
  EXPECT_EQ(read(queue_msix_vector, Width::b2), 0xffffu);
}

TEST_F(PciTransportTest, WithoutMsixAUsedBufferIsSeenInIsrAndAtThePin) {  // 4.1.4.5
  drive();
  use(0);
  EXPECT_TRUE(pin.now);
  EXPECT_EQ(read(0x1000, Width::b1), 1u);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(read(0x1000, Width::b1), 0u);
}

TEST_F(PciTransportTest, WithoutMsixAChangeOfTheConfigurationIsTheSecondBit) {
  drive();
  model.irq->config_changed();
  EXPECT_EQ(read(config_generation, Width::b1), 1u);
  EXPECT_EQ(read(0x1000, Width::b1), 2u);
  EXPECT_EQ(read(0x1000, Width::b1), 0u);
}

TEST_F(PciTransportTest, WithoutBusMasteringQueuesWaitAndAResetIsDoneAllTheSame) {
  drive();
  pci::Function& f = transport.function();
  static_cast<void>(f.write({pci::Reg::command, Width::b2}, 0b010));
  use(0);
  EXPECT_FALSE(rings[0].used());
  EXPECT_GT(model.rests, 0u);
  static_cast<void>(f.write({pci::Reg::command, Width::b2}, 0b110));
  model.rests = 0;
  transport.work();
  EXPECT_TRUE(rings[0].used());
  EXPECT_EQ(model.rests, 0u);
  static_cast<void>(f.write({pci::Reg::command, Width::b2}, 0b010));
  write(device_status, 0, Width::b1);
  transport.work();
  EXPECT_EQ(read(device_status, Width::b1), 0u);
}

TEST_F(PciTransportTest, WithMsixTheQueuesVectorFiresAndIsrStaysClear) {
  enable_msix();
  drive();
  use(1);
  EXPECT_EQ(vectors[2].fired, 1u);
  EXPECT_EQ(vectors[1].fired, 0u);
  model.irq->config_changed();
  EXPECT_EQ(vectors[0].fired, 1u);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(transport.isr(), 0u);
}

TEST_F(PciTransportTest, WithMsixAQueueWithoutAVectorIsSilent) {
  enable_msix();
  drive();
  write(queue_select, 1, Width::b2);
  write(queue_msix_vector, 0xffff, Width::b2);
  use(1);
  EXPECT_EQ(vectors[0].fired + vectors[1].fired + vectors[2].fired, 0u);
  EXPECT_TRUE(rings[1].used());
}

TEST_F(PciTransportTest, AResetLowersThePinAndForgetsVectors) {
  drive();
  use(0);
  write(device_status, 0, Width::b1);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(transport.isr(), 0u);
  EXPECT_EQ(read(config_msix_vector, Width::b2), 0xffffu);
  EXPECT_EQ(read(queue_msix_vector, Width::b2), 0xffffu);
}

TEST_F(PciTransportTest, AQueueIsResetByItsRegister) {  // 4.1.4.3.1
  drive();
  model.keep = true;
  use(0);
  write(queue_select, 0, Width::b2);
  EXPECT_EQ(read(queue_reset, Width::b2), 0u);
  write(queue_reset, 1, Width::b2);
  EXPECT_EQ(read(queue_reset, Width::b2), 1u);
  model.keep = false;
  transport.work();
  EXPECT_EQ(read(queue_reset, Width::b2), 0u);
  EXPECT_EQ(read(queue_enable, Width::b2), 0u);
  rings[0] = TestSplitRing{memory, 8, 0};
  enable_queue(0);
  EXPECT_EQ(read(queue_enable, Width::b2), 1u);
}

TEST_F(PciTransportTest, QueueEnableCannotBeTakenBack) {  // 4.1.4.3.2
  drive();
  write(queue_enable, 0, Width::b2);
  EXPECT_EQ(read(queue_enable, Width::b2), 1u);
}

TEST_F(PciTransportTest, TheDeviceConfigurationTakesAnyWidth) {
  EXPECT_EQ(read(0x2001, Width::b1), 2u);
  EXPECT_EQ(read(0x2002, Width::b4), 0x06050403u);
  write(0x2000, 0xff, Width::b1);
  EXPECT_EQ(model.config[0], 0xff);
}

TEST_F(PciTransportTest, RulesSayWhatRunsWhere) {
  const AccessRules rules = transport.rules();
  EXPECT_EQ(rules.read(0x1000, 1), Run::in_line);
  EXPECT_EQ(rules.write(0x3000, 2), Run::eventfd);
  EXPECT_EQ(rules.write(0x3004, 4), Run::eventfd);
  EXPECT_EQ(rules.write(0x3008, 2), Run::synchronous);
  EXPECT_EQ(rules.read(device_status, 1), Run::synchronous);
  EXPECT_EQ(rules.write(device_status, 1), Run::synchronous);
}

class WindowTest : public PciTransportTest {
 protected:
  void point(std::uint8_t index, std::uint32_t offset, std::uint32_t length) {
    pci::Function& f = transport.function();
    static_cast<void>(f.write({cap(5) + 4u, Width::b1}, index));
    static_cast<void>(f.write({cap(5) + 8u, Width::b4}, offset));
    static_cast<void>(f.write({cap(5) + 12u, Width::b4}, length));
  }
  std::uint64_t data_read(Width width = Width::b4, std::uint64_t skip = 0) {
    const Access access{cap(5) + 16u + skip, width};
    Device* window = transport.function().window(access);
    return window == nullptr ? 0xdead : window->read(transport.function().in_window(access));
  }
  void data_write(std::uint64_t value, Width width = Width::b4) {
    const Access access{cap(5) + 16u, width};
    transport.function().window(access)->write(transport.function().in_window(access), value);
  }
};

TEST_F(WindowTest, ReachesBarsFromConfigurationSpace) {  // 4.1.4.9
  point(0, 0x2000, 4);
  EXPECT_EQ(data_read(), 0x04030201u);
  EXPECT_EQ(data_read(Width::b1, 2), 0x03u);
  point(0, device_status, 1);
  data_write(3, Width::b1);
  EXPECT_EQ(data_read(Width::b1), 3u);
  point(1, 16, 4);
  data_write(0xfee0'0000);
  EXPECT_EQ(transport.function().msix()->read({16, Width::b4}), 0xfee0'0000u);
}

TEST_F(WindowTest, PointingNowhereReadsZeroAndWritesNothing) {
  point(0, 0x2000, 3);
  EXPECT_EQ(data_read(), 0u);
  point(0, 0x2001, 2);
  EXPECT_EQ(data_read(), 0u);
  point(0, 0x4000, 4);
  EXPECT_EQ(data_read(), 0u);
  point(0, 0xffff'fffc, 4);
  data_write(1);
  point(7, 0x2000, 4);
  EXPECT_EQ(data_read(), 0u);
  point(0, 0x2000, 0);
  data_write(0xff);
  EXPECT_EQ(model.config[0], 1u);
}

TEST_F(WindowTest, ARegisterIsReadThroughAsWideAsTheCapabilitySays) {
  point(0, 0x2000, 1);
  EXPECT_EQ(data_read(Width::b4), 0x01u);
  data_write(0xaabb'ccdd, Width::b4);
  EXPECT_EQ(model.config[0], 0xdd);
  EXPECT_EQ(model.config[1], 2u);
}

}  // namespace
}  // namespace takt::virtio
