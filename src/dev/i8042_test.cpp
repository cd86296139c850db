// SPDX-License-Identifier: Apache-2.0
#include "dev/i8042.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

struct I8042Test : testing::Test {
  std::uint8_t status() { return fakes::inb(i8042, 4); }
  std::uint8_t data() { return fakes::inb(i8042, 0); }
  void command(std::uint8_t value) { fakes::outb(i8042, 4, value); }
  void data(std::uint8_t value) { fakes::outb(i8042, 0, value); }
  fakes::RecordingVmControl control;
  I8042 i8042{control};
};

TEST_F(I8042Test, StatusIsReadyAndEmptyAfterFirmware) { EXPECT_EQ(status(), 0x14); }

TEST_F(I8042Test, StatusTellsWhichPortWasWrittenLast) {
  command(0xad);
  EXPECT_EQ(status() & 0x08, 0x08);
  data(0x00);
  EXPECT_EQ(status() & 0x08, 0x00);
}

TEST_F(I8042Test, SelfTestAnswers55AndReadingEmptiesTheBuffer) {
  command(0xaa);
  EXPECT_EQ(status() & 0x01, 0x01);
  EXPECT_EQ(data(), 0x55);
  EXPECT_EQ(status() & 0x01, 0x00);
}

TEST_F(I8042Test, InterfaceTestsReportNoError) {
  command(0xab);
  EXPECT_EQ(status() & 0x01, 0x01);
  EXPECT_EQ(data(), 0x00);
}

TEST_F(I8042Test, CommandByteIsKept) {
  command(0x60);
  data(0x65);
  command(0x20);
  EXPECT_EQ(data(), 0x65);
}

TEST_F(I8042Test, SysFlagOfTheCommandByteShowsInStatus) {
  command(0x60);
  data(0x00);
  EXPECT_EQ(status() & 0x04, 0x00);
}

TEST_F(I8042Test, InterfaceCommandsChangeTheirBitsOfTheCommandByte) {
  command(0xae);
  command(0xa8);
  command(0x20);
  EXPECT_EQ(data(), 0x04);
  command(0xad);
  command(0xa7);
  command(0x20);
  EXPECT_EQ(data(), 0x34);
}

TEST_F(I8042Test, CommandFePulsesReset) {
  command(0xfe);
  EXPECT_EQ(control.resets, 1u);
}

TEST_F(I8042Test, CommandFfPulsesNothing) {
  command(0xff);
  EXPECT_EQ(control.resets, 0u);
}

TEST_F(I8042Test, OutputPortWithBit0ClearResets) {
  command(0xd1);
  data(0x02);
  EXPECT_EQ(control.resets, 1u);
}

TEST_F(I8042Test, A20CannotBeClosed) {
  command(0xd1);
  data(0xdd);
  command(0xd0);
  EXPECT_EQ(data(), 0xdf);
  EXPECT_EQ(control.resets, 0u);
}

TEST_F(I8042Test, CommandInsteadOfTheExpectedDataByteCancels) {
  command(0xd1);
  command(0x20);
  data(0x00);
  EXPECT_EQ(control.resets, 0u);
}

TEST_F(I8042Test, ByteForTheAbsentKeyboardGetsNoAnswer) {
  data(0xff);
  EXPECT_EQ(status() & 0x01, 0x00);
  EXPECT_EQ(control.resets, 0u);
}

TEST_F(I8042Test, PortsBetweenReadOnesAndIgnoreWrites) {
  fakes::outb(i8042, 1, 0xfe);
  EXPECT_EQ(fakes::inb(i8042, 1), 0xff);
  EXPECT_EQ(fakes::inb(i8042, 3), 0xff);
  EXPECT_EQ(control.resets, 0u);
}

}  // namespace
}  // namespace takt
