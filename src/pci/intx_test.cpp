// SPDX-License-Identifier: Apache-2.0
#include "pci/intx.h"

#include <gtest/gtest.h>

#include <thread>

#include "pci/fakes.h"

namespace takt::pci {
namespace {

TEST(SharedPin, IsActiveWhileAnyInputIs) {
  fakes::RecordingPin pin;
  SharedPin shared{pin};
  IrqSink& a = shared.input();
  IrqSink& b = shared.input();
  a.drive(true);
  b.drive(true);
  EXPECT_TRUE(pin.now);
  a.drive(false);
  EXPECT_TRUE(pin.now);
  b.drive(false);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(pin.changes, 2u);
}

TEST(SharedPin, EndsAtTheLevelThatItsInputsHave) {
  for (int round = 0; round < 200; ++round) {
    fakes::RecordingPin pin;
    SharedPin shared{pin};
    IrqSink& a = shared.input();
    IrqSink& b = shared.input();
    std::thread other{[&] {
      for (int i = 0; i < 50; ++i) a.drive(i % 2 == 0);
    }};
    for (int i = 0; i < 51; ++i) b.drive(i % 2 == 0);
    other.join();
    EXPECT_TRUE(pin.now);
    b.drive(false);
    EXPECT_FALSE(pin.now);
  }
}

}  // namespace
}  // namespace takt::pci
