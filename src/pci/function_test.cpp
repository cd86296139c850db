// SPDX-License-Identifier: Apache-2.0
#include "pci/function.h"

#include <gtest/gtest.h>

#include "pci/fakes.h"
#include "pci/regs.h"

namespace takt::pci {
namespace {

constexpr Identity card{.vendor = 0x8086,
                        .device = 0x100e,
                        .revision = 3,
                        .class_code = 0x020000,
                        .subsystem_vendor = 0x8086,
                        .subsystem = 0x001e};

class FunctionTest : public testing::Test {
 protected:
  FunctionTest() {
    function.add_bar({.index = 0, .kind = BarKind::mem32, .bytes = 0x20000, .device = &registers});
    function.add_bar({.index = 1, .kind = BarKind::io, .bytes = 64, .device = &registers});
    function.add_bar({.index = 2,
                      .kind = BarKind::mem64,
                      .prefetchable = true,
                      .bytes = 0x2'0000'0000,
                      .device = &registers});
  }
  std::uint32_t read(std::uint64_t offset, Width width = Width::b4) {
    return function.read({offset, width});
  }
  Function::Effect write(std::uint64_t offset, std::uint32_t value, Width width = Width::b4) {
    return function.write({offset, width}, value);
  }
  fakes::Registers registers;
  Function function{card};
};

TEST_F(FunctionTest, ShowsItsIdentity) {
  EXPECT_EQ(read(0x00), 0x100e8086u);
  EXPECT_EQ(read(0x08), 0x02000003u);
  EXPECT_EQ(read(0x2c), 0x001e8086u);
  EXPECT_EQ(read(0x0e, Width::b1), 0u);
}

TEST_F(FunctionTest, ABarThatIsWrittenWithOnesShowsItsSize) {  // 6.2.5.1
  write(0x10, ~0u);
  write(0x14, ~0u);
  write(0x18, ~0u);
  write(0x1c, ~0u);
  EXPECT_EQ(read(0x10), 0xfffe0000u);
  EXPECT_EQ(read(0x14), 0xffffffc1u);
  EXPECT_EQ(read(0x18), 0x0000000cu);
  EXPECT_EQ(read(0x1c), 0xfffffffeu);
  EXPECT_EQ(read(0x20), 0u);
}

TEST_F(FunctionTest, BarsAreDecodedWhenTheirSpaceIsEnabled) {
  write(0x10, 0xc0000000);
  write(0x14, 0xc040);
  EXPECT_TRUE(function.mapped_bars().empty());
  EXPECT_TRUE(write(Reg::command, 0b010, Width::b2).remap);
  ASSERT_EQ(function.mapped_bars().size(), 1u);
  EXPECT_EQ(function.mapped_bars()[0].start, 0xc0000000u);
  EXPECT_TRUE(write(Reg::command, 0b011, Width::b2).remap);
  ASSERT_EQ(function.mapped_bars().size(), 2u);
  EXPECT_EQ(function.mapped_bars()[1].start, 0xc040u);
}

TEST_F(FunctionTest, AWideBarHasTwoRegisters) {
  write(0x18, 0);
  write(0x1c, 0x80);
  write(Reg::command, 0b010, Width::b2);
  ASSERT_EQ(function.mapped_bars().size(), 1u);
  EXPECT_EQ(function.mapped_bars()[0].start, 0x80'0000'0000u);
}

TEST_F(FunctionTest, OnlyAChangeOfWhatIsDecodedAsksForAMove) {
  EXPECT_FALSE(write(0x10, 0xc0000000).remap);  // memory space is off
  EXPECT_TRUE(write(Reg::command, 0b110, Width::b2).remap);
  EXPECT_FALSE(write(Reg::command, 0b110, Width::b2).remap);
  EXPECT_FALSE(write(0x10, 0xc0000000).remap);
  EXPECT_TRUE(write(0x10, 0xc0020000).remap);
  EXPECT_FALSE(write(Reg::interrupt_line, 11, Width::b1).remap);
}

TEST_F(FunctionTest, FirmwarePlacesAndEnablesBars) {
  function.place_bar(0, 0xc0000000);
  function.place_bar(1, 0x6000);
  function.place_bar(2, 0x80'0000'0000);
  function.enable();
  EXPECT_EQ(read(Reg::command, Width::b2), 0b111u);
  EXPECT_EQ(function.mapped_bars().size(), 3u);
}

TEST_F(FunctionTest, CapabilitiesAreAListInTheOrderInWhichTheyWereAdded) {  // 6.7
  EXPECT_EQ(read(Reg::status, Width::b2), 0u);
  const std::array<std::uint8_t, 14> body{0x10, 0x01};
  const std::array<std::uint8_t, 14> writable{0x00, 0xff};
  const std::uint8_t first = function.add_capability(CapabilityId::vendor_specific, body, writable);
  const std::uint8_t second = function.add_capability(CapabilityId::vendor_specific, body);
  EXPECT_EQ(read(Reg::status, Width::b2), 0x10u);
  EXPECT_EQ(read(Reg::capabilities_pointer, Width::b1), first);
  EXPECT_EQ(read(first, Width::b2), std::uint32_t{second} << 8 | 0x09);
  EXPECT_EQ(read(second, Width::b2), 0x0009u);
  EXPECT_EQ(second % 4, 0);
  write(first + 2u, 0xffff, Width::b2);
  EXPECT_EQ(read(first + 2u, Width::b2), 0xff10u);
  write(second + 2u, 0xffff, Width::b2);
  EXPECT_EQ(read(second + 2u, Width::b2), 0x0110u);
}

TEST_F(FunctionTest, AWindowIsTheFourBytesAtItsOffset) {
  fakes::Registers behind;
  function.add_window(0x50, behind);
  EXPECT_EQ(function.window({0x4f, Width::b1}), nullptr);
  EXPECT_EQ(function.window({0x50, Width::b4}), &behind);
  EXPECT_EQ(function.window({0x53, Width::b1}), &behind);
  EXPECT_EQ(function.window({0x54, Width::b4}), nullptr);
  EXPECT_EQ(function.in_window({0x52, Width::b2}).offset, 2u);
}

TEST_F(FunctionTest, AnInterruptShowsInTheStatusRegisterAndCanBeDisabled) {  // 6.2.2, 6.2.3
  fakes::RecordingPin pin;
  IrqSink& line = function.add_intx(pin, 17);
  EXPECT_EQ(read(Reg::interrupt_line, Width::b2), 0x0111u);
  line.drive(true);
  EXPECT_TRUE(pin.now);
  EXPECT_EQ(read(Reg::status, Width::b2) & 8, 8u);
  write(Reg::command, 0x400, Width::b2);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(read(Reg::status, Width::b2) & 8, 8u);
  write(Reg::command, 0, Width::b2);
  EXPECT_TRUE(pin.now);
  line.drive(false);
  EXPECT_FALSE(pin.now);
  EXPECT_EQ(read(Reg::status, Width::b2) & 8, 0u);
}

TEST_F(FunctionTest, TheBellIsRungWhenTheGuestLetsTheFunctionReachMemoryOrNoLonger) {
  class CountingBell final : public Bell {
   public:
    void ring() RT override { ++rings; }
    unsigned rings = 0;
  } bell;
  function.tell_bus_master(bell);
  EXPECT_FALSE(function.is_bus_master());
  write(Reg::command, 0b010, Width::b2);
  EXPECT_EQ(bell.rings, 0u);
  write(Reg::command, 0b110, Width::b2);
  write(Reg::command, 0b110, Width::b2);
  EXPECT_EQ(bell.rings, 1u);
  EXPECT_TRUE(function.is_bus_master());
  write(Reg::command, 0b010, Width::b2);
  EXPECT_FALSE(function.is_bus_master());
  EXPECT_EQ(bell.rings, 2u);
}

}  // namespace
}  // namespace takt::pci
