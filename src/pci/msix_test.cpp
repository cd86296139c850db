// SPDX-License-Identifier: Apache-2.0
#include "pci/msix.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "pci/fakes.h"

namespace takt::pci {
namespace {

constexpr std::uint16_t enable = 0x8000;
constexpr std::uint16_t function_mask = 0x4000;

class MsixTest : public testing::Test {
 protected:
  MsixTest() {
    std::vector<MsiVector*> sinks;
    for (fakes::RecordingVector& vector : vectors) sinks.push_back(&vector);
    table = &function.add_msix(sinks, 1, upkeep, 3, DeviceId{1});
    upkeep.attach(3, function);
    for (unsigned at = function.read({0x34, Width::b1}); at != 0;
         at = function.read({at + 1, Width::b1}))
      if (function.read({at, Width::b1}) == 0x11) capability = at;
  }
  void control(std::uint16_t value) {
    if (function.write({capability + 2, Width::b2}, value).route)
      upkeep.ask_route(3, Msix::all_vectors, {});
  }
  void set(unsigned vector, unsigned field, std::uint32_t value) {
    table->write({vector * 16u + field, Width::b4}, value);
  }
  std::uint32_t get(std::uint64_t offset) {
    return static_cast<std::uint32_t>(table->read({offset, Width::b4}));
  }
  void program(unsigned vector, std::uint32_t data) {
    set(vector, 0, 0xfee01000);
    set(vector, 4, 0);
    set(vector, 8, data);
  }
  void unmask(unsigned vector) { set(vector, 12, 0); }
  void mask(unsigned vector) { set(vector, 12, 1); }

  std::array<fakes::RecordingVector, 3> vectors;
  Upkeep upkeep;
  Function function{{.vendor = 1, .device = 2}};
  Msix* table = nullptr;
  unsigned capability = 0;
};

TEST_F(MsixTest, TheCapabilitySaysHowManyVectorsAndWhere) {  // 6.8.2.2 to 6.8.2.5
  EXPECT_EQ(function.read({capability + 2, Width::b2}), 2u);
  EXPECT_EQ(function.read({capability + 4, Width::b4}), 1u);
  EXPECT_EQ(function.read({capability + 8, Width::b4}), 0x800u | 1u);
}

TEST_F(MsixTest, EveryVectorIsMaskedAtFirst) {
  EXPECT_EQ(get(12), 1u);
  EXPECT_EQ(get(2 * 16 + 12), 1u);
}

TEST_F(MsixTest, AnUnmaskedVectorFires) {
  control(enable);
  program(1, 0x41);
  unmask(1);
  EXPECT_EQ(vectors[1].message, (MsiMessage{0xfee01000, 0x41}));
  table->fire(1);
  EXPECT_EQ(vectors[1].fired, 1u);
  EXPECT_EQ(vectors[0].fired, 0u);
}

TEST_F(MsixTest, AMaskedVectorIsPendingAndFiresOnceWhenItIsUnmasked) {  // 6.8.2.10
  control(enable);
  program(1, 0x41);
  table->fire(1);
  table->fire(1);
  EXPECT_EQ(get(0x800), 0b10u);
  EXPECT_EQ(vectors[1].fired, 0u);
  unmask(1);
  EXPECT_EQ(vectors[1].fired, 1u);
  EXPECT_EQ(get(0x800), 0u);
}

TEST_F(MsixTest, MaskingAndUnmaskingDoesNotRouteAgain) {
  control(enable);
  program(0, 0x30);
  unmask(0);
  mask(0);
  program(0, 0x30);
  unmask(0);
  EXPECT_EQ(vectors[0].routed, 1u);
  mask(0);
  program(0, 0x31);
  EXPECT_EQ(vectors[0].routed, 1u);
  unmask(0);
  EXPECT_EQ(vectors[0].routed, 2u);
  EXPECT_EQ(vectors[0].message.data, 0x31u);
}

TEST_F(MsixTest, TheFunctionMaskHoldsAllVectorsBack) {
  control(enable | function_mask);
  program(0, 0x30);
  program(2, 0x32);
  unmask(0);
  unmask(2);
  table->fire(0);
  table->fire(2);
  EXPECT_EQ(vectors[0].fired + vectors[2].fired, 0u);
  EXPECT_EQ(get(0x800), 0b101u);
  control(enable);
  EXPECT_EQ(vectors[0].fired, 1u);
  EXPECT_EQ(vectors[2].fired, 1u);
}

TEST_F(MsixTest, NothingFiresWhileMsixIsDisabled) {
  program(0, 0x30);
  unmask(0);
  table->fire(0);
  EXPECT_FALSE(table->enabled());
  control(enable);
  EXPECT_TRUE(table->enabled());
  EXPECT_EQ(vectors[0].fired, 0u);
}

TEST_F(MsixTest, AnEventfdIsLetThroughWhileItsVectorMayFire) {
  vectors[1].eventfd = 7;
  program(1, 0x51);
  control(enable);
  EXPECT_FALSE(vectors[1].open);
  unmask(1);
  EXPECT_TRUE(vectors[1].open);
  mask(1);
  EXPECT_FALSE(vectors[1].open);
  table->fire(1);  // what was signalled meanwhile, by who watches the eventfd
  unmask(1);
  EXPECT_TRUE(vectors[1].open);
  EXPECT_EQ(vectors[1].fired, 1u);
  control(enable | function_mask);
  EXPECT_FALSE(vectors[1].open);
  control(enable);
  EXPECT_TRUE(vectors[1].open);
  control(0);
  EXPECT_FALSE(vectors[1].open);
  EXPECT_EQ(table->event(1), 7);
  EXPECT_EQ(table->event(0), -1);
  EXPECT_EQ(table->event(3), -1);
}

TEST_F(MsixTest, AVectorBeyondTheTableDoesNothing) {
  control(enable);
  table->fire(3);
  table->fire(0xffff);
  set(3, 8, 0x55);
  EXPECT_EQ(get(3 * 16 + 8), 0u);
  table->route(3);
}

TEST_F(MsixTest, ANarrowWriteDoesNothing) {
  set(0, 8, 0x1234);
  table->write({8, Width::b1}, 0xff);
  table->write({8, Width::b2}, 0xffff);
  EXPECT_EQ(get(8), 0x1234u);
  EXPECT_EQ(table->read({9, Width::b1}) & 0xff, 0x12u);
}

/// What arrives while a guest masks and unmasks is neither lost nor doubled beyond one for each.
TEST(Msix, UnmaskingWhileADeviceFiresLosesNothing) {
  class Counting final : public MsiVector {
   public:
    void fire() RT override { fired.fetch_add(1); }
    void set_message(const MsiMessage&) override {}
    std::atomic<unsigned> fired = 0;
  };
  for (int round = 0; round < 100; ++round) {
    Counting vector;
    Upkeep upkeep;
    Function function{{.vendor = 1, .device = 2}};
    Msix& table = function.add_msix({&vector}, 0, upkeep, 1, DeviceId{1});
    upkeep.attach(1, function);
    (void)table.write_control(enable);
    std::thread guest{[&] {
      for (int i = 0; i < 100; ++i) table.write({12, Width::b4}, i % 2 == 0 ? 1u : 0u);
    }};
    for (int i = 0; i < 50; ++i) table.fire(0);
    guest.join();
    EXPECT_GE(vector.fired, 1u);
    EXPECT_EQ(table.read({0x800, Width::b4}), 0u);
  }
}

}  // namespace
}  // namespace takt::pci
