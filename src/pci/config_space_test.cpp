// SPDX-License-Identifier: Apache-2.0
#include "pci/config_space.h"

#include <gtest/gtest.h>

namespace takt::pci {
namespace {

TEST(ConfigSpace, KeepsWhatIsDefinedInLittleEndianOrder) {
  ConfigSpace space;
  space.define16(0x00, 0x8086);
  space.define16(0x02, 0x100e);
  EXPECT_EQ(space.read(0, Width::b4), 0x100e8086u);
  EXPECT_EQ(space.read(1, Width::b1), 0x80u);
  EXPECT_EQ(space.read(2, Width::b2), 0x100eu);
}

TEST(ConfigSpace, AWriteChangesOnlyWritableBits) {
  ConfigSpace space;
  space.define16(0x04, 0x0000, 0x0547);
  space.write(0x04, Width::b2, 0xffff);
  EXPECT_EQ(space.read(0x04, Width::b2), 0x0547u);
  space.write(0x04, Width::b1, 0);
  EXPECT_EQ(space.read(0x04, Width::b2), 0x0500u);
}

TEST(ConfigSpace, AnAccessAcrossAWordBoundaryGoesByteByByte) {
  ConfigSpace space;
  space.define32(0x10, 0xddccbbaa, 0xffffffff);
  space.define32(0x14, 0x44332211, 0xffffffff);
  EXPECT_EQ(space.read(0x13, Width::b2), 0x11ddu);
  EXPECT_EQ(space.read(0x12, Width::b4), 0x2211ddccu);
  space.write(0x13, Width::b2, 0x9988);
  EXPECT_EQ(space.read(0x10, Width::b4), 0x88ccbbaau);
  EXPECT_EQ(space.read(0x14, Width::b4), 0x44332299u);
}

TEST(ConfigSpace, BytesBeyondTheEndReadAsOnesAndIgnoreWrites) {
  ConfigSpace space;
  space.define32(0xfc, 0, 0xffffffff);
  EXPECT_EQ(space.read(0xfe, Width::b4), 0xffff0000u);
  EXPECT_EQ(space.read(0x100, Width::b4), 0xffffffffu);
  EXPECT_EQ(space.read(0xffc, Width::b1), 0xffu);
  space.write(0xfe, Width::b4, 0x55555555);
  EXPECT_EQ(space.read(0xfc, Width::b4), 0x55550000u);
  space.write(0x1000, Width::b4, 1);
}

TEST(ConfigSpace, TheFunctionChangesItsOwnBits) {
  ConfigSpace space;
  space.define16(0x06, 0x0010);
  space.assign16(0x06, 0x0008, true);
  EXPECT_EQ(space.read(0x06, Width::b2), 0x0018u);
  space.assign16(0x06, 0x0008, false);
  EXPECT_EQ(space.read(0x06, Width::b2), 0x0010u);
}

}  // namespace
}  // namespace takt::pci
