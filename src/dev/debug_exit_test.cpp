// SPDX-License-Identifier: Apache-2.0
#include "dev/debug_exit.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

TEST(DebugExit, ByteWriteRequestsExitWithTheValue) {
  fakes::RecordingVmControl control;
  DebugExit device{control};
  fakes::outb(device, 0, 0x2a);
  EXPECT_EQ(control.debug_exits, 1u);
  EXPECT_EQ(control.last_exit, 0x2au);
}

TEST(DebugExit, WideWriteKeepsAllBits) {
  fakes::RecordingVmControl control;
  DebugExit device{control};
  device.write({0, Width::b4}, 0xdead'beef);
  EXPECT_EQ(control.last_exit, 0xdead'beefu);
}

TEST(DebugExit, ReadGivesZeroAndRequestsNothing) {
  fakes::RecordingVmControl control;
  DebugExit device{control};
  EXPECT_EQ(device.read({0, Width::b4}), 0u);
  EXPECT_EQ(control.debug_exits, 0u);
}

}  // namespace
}  // namespace takt
