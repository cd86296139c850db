// SPDX-License-Identifier: Apache-2.0
#include "pci/msi.h"

#include <gtest/gtest.h>

#include <array>

#include "pci/fakes.h"

namespace takt::pci {
namespace {

class MsiTest : public testing::Test {
 protected:
  MsiTest() {
    msi = &function.add_msi({&vectors[0], &vectors[1], &vectors[2], &vectors[3]}, true);
    line = &function.add_intx(pin, 16);
    upkeep.attach(2, function);
  }
  void write(unsigned reg, std::uint32_t value, Width width = Width::b4) {
    if (function.write({msi->capability() + reg, width}, value).route)
      upkeep.ask_route(2, Msi::all_vectors, {});
  }
  std::uint32_t read(unsigned reg, Width width = Width::b4) {
    return function.read({msi->capability() + reg, width});
  }
  /// As Linux does it: message first, then Enable with 2^log2 vectors.
  void enable(unsigned log2, std::uint32_t data) {
    write(Msi::address_low, 0xfee01000);
    write(Msi::address_high, 0);
    write(Msi::data, data, Width::b2);
    write(Msi::control, log2 << 4 | 1, Width::b2);
  }

  std::array<fakes::RecordingVector, 4> vectors;
  fakes::RecordingPin pin;
  Upkeep upkeep;
  Function function{{.vendor = 1, .device = 2}};
  Msi* msi = nullptr;
  IrqSink* line = nullptr;
};

TEST_F(MsiTest, TheCapabilitySaysWhatThereIs) {  // 6.8.1.3: 4 vectors, 64-bit address, maskable
  EXPECT_EQ(read(0, Width::b1), 0x05u);
  EXPECT_EQ(read(Msi::control, Width::b2), 0x0184u);
}

TEST_F(MsiTest, TheLowBitsOfTheDataSayWhichVector) {  // 6.8.1.6
  enable(2, 0x40);
  EXPECT_EQ(vectors[3].message, (MsiMessage{0xfee01000, 0x43}));
  msi->fire(3);
  EXPECT_EQ(vectors[3].fired, 1u);
}

TEST_F(MsiTest, FewerEnabledVectorsAreShared) {
  enable(0, 0x40);
  msi->fire(3);
  EXPECT_EQ(vectors[0].fired, 1u);
  EXPECT_EQ(vectors[3].fired, 0u);
}

TEST_F(MsiTest, AMaskedVectorIsPendingUntilItIsUnmasked) {
  enable(2, 0x40);
  write(Msi::mask, 0b10);
  msi->fire(1);
  EXPECT_EQ(vectors[1].fired, 0u);
  EXPECT_EQ(read(Msi::pending), 0b10u);
  write(Msi::mask, 0);
  EXPECT_EQ(vectors[1].fired, 1u);
  EXPECT_EQ(read(Msi::pending), 0u);
}

TEST_F(MsiTest, TheSameMessageIsNotRoutedAgain) {
  enable(0, 0x40);
  write(Msi::mask, 1);
  write(Msi::mask, 0);
  EXPECT_EQ(vectors[0].routed, 1u);
  write(Msi::data, 0x50, Width::b2);
  EXPECT_EQ(vectors[0].routed, 2u);
  EXPECT_EQ(vectors[0].message.data, 0x50u);
}

TEST_F(MsiTest, ThePinIsNotUsedWhileMsiIsEnabled) {  // 6.8
  line->drive(true);
  EXPECT_TRUE(pin.now);
  enable(0, 0x40);
  EXPECT_FALSE(pin.now);
  line->drive(false);
  line->drive(true);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(vectors[0].fired, 1u);
  write(Msi::control, 0, Width::b2);
  EXPECT_TRUE(pin.now);
}

TEST_F(MsiTest, NothingFiresWhileMsiIsDisabled) {
  msi->fire(0);
  enable(0, 0x40);
  EXPECT_EQ(vectors[0].fired, 0u);
}

}  // namespace
}  // namespace takt::pci
