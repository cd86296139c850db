// SPDX-License-Identifier: Apache-2.0
#include "boot/fdt_arm64.h"

#include <gtest/gtest.h>

#include <string>

#include "boot/test_fdt_arm64.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_fdt;
using namespace std::string_literals;
using Cells = std::vector<std::uint32_t>;

Tree tree(const FdtConfig& config) {
  auto bytes = build_fdt(config);
  EXPECT_TRUE(accepted(bytes));
  return Tree{std::move(*bytes)};
}

TEST(Fdt, IsAValidTreeWithoutRoomToGrow) {
  const auto bytes = build_fdt(board());
  ASSERT_TRUE(accepted(bytes));
  EXPECT_EQ(fdt_check_full(bytes->data(), bytes->size()), 0);
  EXPECT_LT(bytes->size(), 4096u);
}

TEST(Fdt, TheRootIsTheDummyBoardAndCoherent) {
  const Tree t = tree(board());
  EXPECT_EQ(t.text("/", "compatible"), "linux,dummy-virt");
  EXPECT_EQ(t.cells("/", "#address-cells"), Cells{2});
  EXPECT_EQ(t.cells("/", "#size-cells"), Cells{2});
  EXPECT_TRUE(t.has("/", "dma-coherent"));
  EXPECT_EQ(t.cells("/", "interrupt-parent"), t.cells("/interrupt-controller@8000000", "phandle"));
}

TEST(Fdt, ChosenHasCommandLineConsoleInitrdAndSeeds) {
  const Tree t = tree(board());
  EXPECT_EQ(t.text("/chosen", "bootargs"), "console=ttyAMA0");
  EXPECT_EQ(t.text("/chosen", "stdout-path"), "/serial@9000000");
  EXPECT_EQ(t.cells("/chosen", "linux,initrd-start"), (Cells{0, 0x4800'0000}));
  EXPECT_EQ(t.cells("/chosen", "linux,initrd-end"), (Cells{0, 0x4800'1234}));
  EXPECT_EQ(t.raw("/chosen", "rng-seed"), "\x07"s + std::string(31, '\0'));
  EXPECT_EQ(t.raw("/chosen", "kaslr-seed"), "\x09"s + std::string(7, '\0'));
}

TEST(Fdt, WithoutInitrdAndSeedsChosenDoesNotMentionThem) {
  FdtConfig config = board();
  config.chosen = {};
  const Tree t = tree(config);
  EXPECT_FALSE(t.has("/chosen", "linux,initrd-start"));
  EXPECT_FALSE(t.has("/chosen", "rng-seed"));
  EXPECT_FALSE(t.has("/chosen", "kaslr-seed"));
}

TEST(Fdt, EveryRegionOfMemoryIsANode) {
  FdtConfig config = board();
  config.memory.push_back({Gpa{256_GiB}, 2_GiB});
  const Tree t = tree(config);
  EXPECT_EQ(t.text("/memory@40000000", "device_type"), "memory");
  EXPECT_EQ(t.cells("/memory@40000000", "reg"), (Cells{0, 0x4000'0000, 0, 0x4000'0000}));
  EXPECT_EQ(t.cells("/memory@4000000000", "reg"), (Cells{0x40, 0, 0, 0x8000'0000}));
}

TEST(Fdt, CpusAreNamedByTheAffinityInMpidrOnly) {
  FdtConfig config = board();
  config.cpus = {0x8000'0000, 0x1'8000'0203};  // bit 31 is no affinity; Aff3 is 1
  const Tree t = tree(config);
  EXPECT_EQ(t.cells("/cpus/cpu@0", "reg"), (Cells{0, 0}));
  EXPECT_EQ(t.cells("/cpus/cpu@100000203", "reg"), (Cells{1, 0x203}));
  EXPECT_EQ(t.text("/cpus/cpu@0", "compatible"), "arm,armv8");
  EXPECT_EQ(t.text("/cpus/cpu@0", "enable-method"), "psci");
}

TEST(Fdt, Psci1IsAlso02) {
  EXPECT_EQ(tree(board()).raw("/psci", "compatible"), "arm,psci-1.0\0arm,psci-0.2\0"s);
  EXPECT_EQ(tree(board()).text("/psci", "method"), "hvc");
}

TEST(Fdt, Psci02IsNotMore) {
  FdtConfig config = board();
  config.psci = FdtPsci::v0_2;
  EXPECT_EQ(tree(config).raw("/psci", "compatible"), "arm,psci-0.2\0"s);
}

TEST(Fdt, TheTimerHasFourLevelLowPpis) {
  const Tree t = tree(board());
  EXPECT_EQ(t.cells("/timer", "interrupts"), (Cells{1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 8}));
  EXPECT_TRUE(t.has("/timer", "always-on"));
}

TEST(Fdt, APmuIsThereWhenTheVcpusHaveOne) {
  FdtConfig config = board();
  EXPECT_EQ(tree(config).text("/pmu", "compatible"), "arm,armv8-pmuv3");
  EXPECT_EQ(tree(config).cells("/pmu", "interrupts"), (Cells{1, 7, 4}));
  config.pmu = false;
  EXPECT_FALSE(tree(config).has("/pmu"));
}

TEST(Fdt, WithAGicV2PpisNameTheirCpus) {
  const Tree t = tree(gicv2_board());
  EXPECT_EQ(t.cells("/timer", "interrupts"),
            (Cells{1, 13, 0x308, 1, 14, 0x308, 1, 11, 0x308, 1, 10, 0x308}));
}

TEST(Fdt, AGicV3HasDistributorRedistributorsAndIts) {
  const Tree t = tree(board());
  EXPECT_EQ(t.text("/interrupt-controller@8000000", "compatible"), "arm,gic-v3");
  EXPECT_EQ(t.cells("/interrupt-controller@8000000", "reg"),
            (Cells{0, 0x800'0000, 0, 0x1'0000, 0, 0x80a'0000, 0, 0xf6'0000}));
  EXPECT_FALSE(t.has("/interrupt-controller@8000000", "#redistributor-regions"));
  EXPECT_FALSE(t.has("/interrupt-controller@8000000", "interrupts"));
  EXPECT_EQ(t.cells("/interrupt-controller@8000000/msi-controller@8080000", "reg"),
            (Cells{0, 0x808'0000, 0, 0x2'0000}));
}

TEST(Fdt, TwoRedistributorRegionsAreCounted) {
  FdtConfig config = board();
  std::get_if<FdtGicV3>(&config.gic)->redistributors.push_back({Gpa{256_GiB}, 64_MiB});
  const Tree t = tree(config);
  EXPECT_EQ(t.cells("/interrupt-controller@8000000", "#redistributor-regions"), Cells{2});
  EXPECT_EQ(t.cells("/interrupt-controller@8000000", "reg").size(), 12u);
}

TEST(Fdt, WithoutAnItsThereIsNoMsiController) {
  FdtConfig config = board();
  std::get_if<FdtGicV3>(&config.gic)->its.reset();
  EXPECT_FALSE(tree(config).has("/interrupt-controller@8000000/msi-controller@8080000"));
}

TEST(Fdt, AGicV2HasDistributorCpuInterfaceAndV2m) {
  const Tree t = tree(gicv2_board());
  EXPECT_EQ(t.text("/interrupt-controller@8000000", "compatible"), "arm,cortex-a15-gic");
  EXPECT_EQ(t.cells("/interrupt-controller@8000000", "reg"),
            (Cells{0, 0x800'0000, 0, 0x1'0000, 0, 0x801'0000, 0, 0x1'0000}));
  EXPECT_EQ(t.text("/interrupt-controller@8000000/v2m@8020000", "compatible"), "arm,gic-v2m-frame");
}

TEST(Fdt, APl011RunsOnTheFixedClock) {
  const Tree t = tree(board());
  EXPECT_EQ(t.raw("/serial@9000000", "compatible"), "arm,pl011\0arm,primecell\0"s);
  EXPECT_EQ(t.cells("/serial@9000000", "interrupts"), (Cells{0, 1, 4}));
  const Cells clock = t.cells("/apb-pclk", "phandle");
  EXPECT_EQ(t.cells("/serial@9000000", "clocks"), (Cells{clock[0], clock[0]}));
  EXPECT_EQ(t.cells("/apb-pclk", "clock-frequency"), Cells{24'000'000});
}

TEST(Fdt, ANs16550aSaysHowItsRegistersLie) {
  const Tree t = tree(gicv2_board());
  EXPECT_EQ(t.text("/serial@9000000", "compatible"), "ns16550a");
  EXPECT_EQ(t.cells("/serial@9000000", "reg-shift"), Cells{2});
  EXPECT_EQ(t.cells("/serial@9000000", "reg-io-width"), Cells{4});
  EXPECT_EQ(t.cells("/serial@9000000", "clock-frequency"), Cells{1'843'200});
}

TEST(Fdt, ThePowerButtonIsLine3OfThePl061) {
  const Tree t = tree(board());
  EXPECT_EQ(t.text("/gpio-keys", "compatible"), "gpio-keys");
  EXPECT_EQ(t.cells("/gpio-keys/power-button", "linux,code"), Cells{116});
  EXPECT_EQ(t.cells("/gpio-keys/power-button", "gpios"),
            (Cells{t.cells("/gpio@9030000", "phandle")[0], 3, 0}));
}

TEST(Fdt, DevicesThatABoardDoesNotHaveAreNotThere) {
  FdtConfig config = board();
  config.pl031.reset();
  config.pl061.reset();
  config.extra.clear();
  const Tree t = tree(config);
  EXPECT_FALSE(t.has("/rtc@9010000"));
  EXPECT_FALSE(t.has("/gpio@9030000"));
  EXPECT_FALSE(t.has("/gpio-keys"));
  EXPECT_FALSE(t.has("/debug-exit@9040000"));
}

TEST(Fdt, ExtraNodesAreCalledAsTheirCompatible) {
  const Tree t = tree(board());
  EXPECT_EQ(t.text("/debug-exit@9040000", "compatible"), "takt,debug-exit");
  EXPECT_EQ(t.cells("/test-registers@9050000", "reg"), (Cells{0, 0x905'0000, 0, 0x1000}));
}

TEST(Fdt, ACommandLineWithAZeroInsideIsRefused) {
  FdtConfig config = board();
  config.chosen.bootargs = "quiet\0init=/bin/sh"s;
  EXPECT_TRUE(refused(build_fdt(config), "bootargs would have a zero byte"));
}

TEST(Fdt, OneOfMoreThanTwoMibIsRefused) {
  FdtConfig config = board();
  config.chosen.bootargs = std::string(2_MiB - 8192, 'x');
  EXPECT_TRUE(accepted(build_fdt(config)));
  config.chosen.bootargs = std::string(2_MiB - 512, 'x');
  EXPECT_TRUE(refused(build_fdt(config), "takes more than 2 MiB"));
  config.chosen.bootargs = std::string(3_MiB, 'x');
  EXPECT_TRUE(refused(build_fdt(config), "takes more than 2 MiB"));
}

TEST(Fdt, Of512CpusFits) {
  FdtConfig config = board();
  config.cpus.clear();
  for (std::uint64_t i = 0; i < 512; ++i) config.cpus.push_back(i / 16 << 8 | i % 16);
  EXPECT_TRUE(tree(config).has("/cpus/cpu@1f0f"));
}

}  // namespace
}  // namespace takt
