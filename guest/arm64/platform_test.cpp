// SPDX-License-Identifier: Apache-2.0
#include "arm64/platform.h"

#include <gtest/gtest.h>

#include "arm64/test_board.h"

namespace probe::arm64 {
namespace {

using namespace test;

Platform platform_of(DeviceTreeBuilder& b, std::uint64_t boot_cpu = 0) {
  const auto tree = DeviceTree::open(b.blob());
  EXPECT_TRUE(tree.has_value());
  return read_platform(*tree, boot_cpu);
}

TEST(Platform, BoardIsReadCompletely) {
  DeviceTreeBuilder b;
  add_board(b);
  const Platform p = platform_of(b);
  EXPECT_EQ(p.command_line, "timer samples=5");
  EXPECT_EQ(p.console.kind, Console::Kind::pl011);
  EXPECT_EQ(p.console.at.base, 0x900'0000u);
  EXPECT_EQ(p.psci, PsciConduit::hvc);
  EXPECT_EQ(p.rtc.base, 0x901'0000u);
  EXPECT_EQ(p.debug_exit.base, 0x902'0000u);
  EXPECT_EQ(p.test_registers.bytes, 0x1000u);
  EXPECT_EQ(p.test_eventfd.base, 0x903'1000u);
}

TEST(Platform, EveryRedistributorRegionOfAGicV3IsTaken) {
  DeviceTreeBuilder b;
  add_board(b);
  const Gic gic = platform_of(b).gic;
  EXPECT_EQ(gic.version, 3u);
  EXPECT_EQ(gic.distributor.base, 0x800'0000u);
  EXPECT_EQ(gic.redistributors[0].base, 0x80a'0000u);
  EXPECT_EQ(gic.redistributors[1].base, 0x1'0000'0000u);
  EXPECT_EQ(gic.redistributors[1].bytes, 0x2'0000u);
  EXPECT_EQ(gic.redistributors[2].bytes, 0u);
}

TEST(Platform, GicV2HasACpuInterface) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("intc").text("compatible", "arm,cortex-a15-gic");
  b.cells("reg", {0, 0x800'0000, 0, 0x1'0000, 0, 0x801'0000, 0, 0x1'0000}).end().end();
  const Gic gic = platform_of(b).gic;
  EXPECT_EQ(gic.version, 2u);
  EXPECT_EQ(gic.cpu_interface.base, 0x801'0000u);
}

TEST(Platform, SecondCpuIsTheFirstOneThatDoesNotAsk) {
  DeviceTreeBuilder b;
  add_board(b);
  EXPECT_EQ(platform_of(b, 0).second_cpu, 0x100u);
  DeviceTreeBuilder again;
  add_board(again);
  EXPECT_EQ(platform_of(again, 0x100).second_cpu, 0u);
}

TEST(Platform, OneCpuHasNoSecondOne) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("cpu@0").text("device_type", "cpu").cells("reg", {0, 0, 0, 0}).end().end();
  EXPECT_EQ(platform_of(b).cpus, 1u);
  DeviceTreeBuilder again;
  begin_root(again);
  again.begin("cpu@0").text("device_type", "cpu").cells("reg", {0, 0, 0, 0}).end().end();
  EXPECT_FALSE(platform_of(again).second_cpu);
}

/// Two UARTs, of which `stdout_path` names one or none.
Console console_by(const char* stdout_path) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("aliases").text("serial1", "/serial@2000").end();
  b.begin("chosen").text("stdout-path", stdout_path).end();
  add_device(b, "serial@1000", "arm,pl011", 0x1000, 0x1000);
  add_device(b, "serial@2000", "arm,pl011", 0x2000, 0x1000);
  b.end();
  return platform_of(b).console;
}

TEST(Platform, StdoutPathChoosesTheConsole) {
  EXPECT_EQ(console_by("/serial@2000").at.base, 0x2000u);
  EXPECT_EQ(console_by("/serial@2000:115200n8").at.base, 0x2000u);
}

TEST(Platform, StdoutPathMayBeAnAlias) {
  EXPECT_EQ(console_by("serial1:115200n8").at.base, 0x2000u);
}

TEST(Platform, FirstUartIsTheConsoleWhereStdoutPathLeadsNowhere) {
  EXPECT_EQ(console_by("/serial@3000").at.base, 0x1000u);
  EXPECT_EQ(console_by("serial9").at.base, 0x1000u);
  EXPECT_EQ(console_by("").at.base, 0x1000u);
}

Console console_16550(std::uint32_t reg_shift, std::uint32_t reg_io_width) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("uart").text("compatible", "ns16550a").cells("reg", {0, 0x1000, 0, 0x100});
  b.cells("reg-shift", {reg_shift}).cells("reg-io-width", {reg_io_width}).end().end();
  return platform_of(b).console;
}

TEST(Platform, Ns16550SaysHowItsRegistersLie) {
  const Console console = console_16550(2, 4);
  EXPECT_EQ(console.kind, Console::Kind::ns16550);
  EXPECT_EQ(console.reg_shift, 2u);
  EXPECT_EQ(console.reg_bytes, 4u);
}

TEST(Platform, Ns16550WithRegistersOfNoUsableWidthIsNone) {
  EXPECT_EQ(console_16550(3, 4).kind, Console::Kind::none);
  EXPECT_EQ(console_16550(0, 2).kind, Console::Kind::none);
}

TEST(Platform, DisabledDeviceIsNotTaken) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("rtc").text("compatible", "arm,pl031").text("status", "disabled");
  b.cells("reg", {0, 0x1000, 0, 0x1000}).end().end();
  EXPECT_EQ(platform_of(b).rtc.bytes, 0u);
}

TEST(Platform, DeviceBehindABusThatMovesAddressesIsNotTaken) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("bus")
      .cells("ranges", {0, 0, 0, 1})
      .cells("#address-cells", {2})
      .cells("#size-cells", {2});
  add_device(b, "rtc@1000", "arm,pl031", 0x1000, 0x1000);
  b.end().end();
  EXPECT_EQ(platform_of(b).rtc.bytes, 0u);
}

TEST(Platform, PsciOfAnotherMethodIsNone) {
  DeviceTreeBuilder b;
  begin_root(b);
  b.begin("psci").text("compatible", "arm,psci-1.0").text("method", "spin").end().end();
  EXPECT_EQ(platform_of(b).psci, PsciConduit::none);
}

TEST(Platform, EmptyTreeIsAnEmptyPlatform) {
  DeviceTreeBuilder b;
  b.begin("").end();
  const Platform p = platform_of(b);
  EXPECT_EQ(p.gic.version, 0u);
  EXPECT_EQ(p.console.kind, Console::Kind::none);
  EXPECT_EQ(p.cpus, 0u);
  EXPECT_TRUE(p.command_line.empty());
}

}  // namespace
}  // namespace probe::arm64
