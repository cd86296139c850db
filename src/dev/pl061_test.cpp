// SPDX-License-Identifier: Apache-2.0
// Sections are those of ARM DDI 0190.
#include "dev/pl061.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

struct Pl061Test : testing::Test {
  static constexpr unsigned all_data = 0x3fc, dir = 0x400, is = 0x404, ibe = 0x408, iev = 0x40c,
                            ie = 0x410, ris = 0x414, mis = 0x418, ic = 0x41c, afsel = 0x420;
  static constexpr unsigned button = 3;
  static constexpr std::uint32_t pin = 1 << button;

  std::uint32_t in(unsigned reg) { return fakes::in32(gpio, reg); }
  void out(unsigned reg, std::uint32_t value) { fakes::out32(gpio, reg, value); }

  fakes::RecordingIrqSink line;
  LevelIrq irq{line};
  Pl061 gpio{irq};
};

TEST_F(Pl061Test, RegistersAfterResetAreZero) {  // table 3-1
  for (unsigned reg = 0; reg <= afsel; reg += 4) EXPECT_EQ(in(reg), 0u) << reg;
  EXPECT_FALSE(line.now);
}

TEST_F(Pl061Test, IdentificationIsPart061OfArm) {
  EXPECT_EQ(in(0xfe0), 0x61u);
  EXPECT_EQ(in(0xfe4), 0x10u);
  EXPECT_EQ(in(0xfe8), 0x04u);
  EXPECT_EQ(in(0xfec), 0x00u);
  EXPECT_EQ(in(0xff0), 0x0du);
  EXPECT_EQ(in(0xff4), 0xf0u);
  EXPECT_EQ(in(0xff8), 0x05u);
  EXPECT_EQ(in(0xffc), 0xb1u);
}

TEST_F(Pl061Test, RegistersHaveEightBits) {
  for (const unsigned reg : {dir, is, ibe, iev, afsel}) {
    out(reg, ~0u);
    EXPECT_EQ(in(reg), 0xffu) << reg;
  }
  out(ie, ~0u);
  EXPECT_EQ(in(ie), 0xffu);
}

TEST_F(Pl061Test, AddressOfDataMasksWhatIsWritten) {  // 3.3.1
  out(dir, 0xff);
  out(0x098, 0xfb);  // the manual's example: mask 0x26
  EXPECT_EQ(in(all_data), 0x22u);
  EXPECT_EQ(gpio.pins(), 0x22);
}

TEST_F(Pl061Test, AddressOfDataMasksWhatIsRead) {  // 3.3.1
  out(dir, 0xff);
  out(all_data, 0xfe);
  EXPECT_EQ(in(0x0c4), 0x30u);  // the manual's example: mask 0x31
  EXPECT_EQ(in(0x000), 0x00u);
}

TEST_F(Pl061Test, InputShowsWhatDrivesItAndOutputWhatWasWritten) {
  gpio.set_input(0, true);
  gpio.set_input(1, true);
  out(dir, 0x02);
  EXPECT_EQ(in(all_data), 0x01u);
  out(all_data, 0x02);
  EXPECT_EQ(in(all_data), 0x03u);
}

TEST_F(Pl061Test, ValueWrittenToAnInputIsNotKept) {  // Linux writes it again after DIR
  out(all_data, pin);
  out(dir, pin);
  EXPECT_EQ(in(all_data), 0u);
}

TEST_F(Pl061Test, NarrowAccessesReachTheRegistersAndOddOnesDoNot) {  // Linux uses readb, writeb
  gpio.write({dir, Width::b1}, 0x0f);
  gpio.write({is, Width::b2}, 0x10);
  gpio.write({dir + 1, Width::b1}, 0xff);
  gpio.write({0x1400, Width::b4}, 0xff);
  EXPECT_EQ(gpio.read({dir, Width::b1}), 0x0fu);
  EXPECT_EQ(gpio.read({is, Width::b2}), 0x10u);
  EXPECT_EQ(gpio.read({dir + 1, Width::b1}), 0u);
  EXPECT_EQ(in(0x424), 0u);
  EXPECT_EQ(in(0x1000), 0u);
}

TEST_F(Pl061Test, PressedButtonRaisesTheLineOnARisingEdge) {
  out(iev, pin);
  out(ie, pin);
  gpio.set_input(button, true);
  EXPECT_EQ(in(mis), pin);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(pin << 2), pin);
}

TEST_F(Pl061Test, EdgeStaysUntilIcClearsIt) {  // 3.3.9
  out(iev, pin);
  out(ie, pin);
  gpio.set_input(button, true);
  gpio.set_input(button, false);
  EXPECT_TRUE(line.now);
  out(ic, static_cast<std::uint8_t>(~pin));
  EXPECT_TRUE(line.now);
  out(ic, pin);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl061Test, FallingEdgeIsSensedWhenIevIsZero) {
  out(ie, pin);
  gpio.set_input(button, true);
  EXPECT_FALSE(line.now);
  gpio.set_input(button, false);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl061Test, BothEdgesAreSensedWhenIbeIsOne) {  // as gpio-keys asks for
  out(ibe, pin);
  out(ie, pin);
  gpio.set_input(button, true);
  EXPECT_TRUE(line.now);
  out(ic, pin);
  gpio.set_input(button, false);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl061Test, LevelThatDoesNotChangeIsNoEdge) {
  out(ibe, pin);
  gpio.set_input(button, false);
  EXPECT_EQ(in(ris), 0u);
  gpio.set_input(button, true);
  out(ic, pin);
  gpio.set_input(button, true);
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl061Test, EdgeIsKeptWhileMaskedAndRaisesTheLineWhenUnmasked) {  // 3.3.6, 3.3.7
  out(iev, pin);
  gpio.set_input(button, true);
  EXPECT_EQ(in(ris), pin);
  EXPECT_EQ(in(mis), 0u);
  EXPECT_FALSE(line.now);
  out(ie, pin);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl061Test, LowLevelOfAnIdlePinRaisesTheLineWhenItIsUnmasked) {
  out(is, pin);
  out(iev, 0);
  EXPECT_FALSE(line.now);
  out(ie, pin);
  EXPECT_TRUE(line.now);
  out(ie, 0);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl061Test, LevelInterruptFollowsThePinAndIcDoesNotClearIt) {  // 3.3.3
  out(is, pin);
  out(iev, pin);
  out(ie, pin);
  gpio.set_input(button, true);
  out(ic, pin);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(ris), pin);
  gpio.set_input(button, false);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl061Test, LevelSensitivePinLeavesNoEdgeBehind) {
  out(is, pin);
  out(iev, pin);
  gpio.set_input(button, true);
  out(is, 0);
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl061Test, PinsHaveTheirOwnModes) {
  out(iev, 0x01);
  out(ie, 0x03);
  gpio.set_input(0, true);
  gpio.set_input(1, true);
  EXPECT_EQ(in(mis), 0x01u);
  gpio.set_input(1, false);
  EXPECT_EQ(in(mis), 0x03u);
}

TEST_F(Pl061Test, OutputIsSensedAsThePinItDrives) {
  out(dir, pin);
  out(iev, pin);
  out(ie, pin);
  out(all_data, pin);
  EXPECT_TRUE(line.now);
  out(ic, pin);
  gpio.set_input(button, true);
  EXPECT_FALSE(line.now) << "an output hides what drives it from outside";
}

}  // namespace
}  // namespace takt
