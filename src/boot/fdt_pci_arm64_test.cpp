// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "boot/fdt_arm64.h"
#include "boot/test_fdt_arm64.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_fdt;
using Cells = std::vector<std::uint32_t>;

const std::string bridge = "/pcie@3f000000";

Tree tree(const FdtConfig& config) {
  auto bytes = build_fdt(config);
  EXPECT_TRUE(accepted(bytes));
  return Tree{std::move(*bytes)};
}

Cells part(const Cells& all, std::size_t first, std::size_t count) {
  if (all.size() < first + count) return {};
  const auto begin = all.begin() + static_cast<std::ptrdiff_t>(first);
  return {begin, begin + static_cast<std::ptrdiff_t>(count)};
}

TEST(FdtPci, IsNotThereWhenTheBoardHasNone) { EXPECT_FALSE(tree(board()).has(bridge)); }

TEST(FdtPci, IsAGenericHostWithTheEcamOfBus0) {
  const Tree t = tree(with_pci(board()));
  EXPECT_EQ(t.text(bridge, "compatible"), "pci-host-ecam-generic");
  EXPECT_EQ(t.text(bridge, "device_type"), "pci");
  EXPECT_EQ(t.cells(bridge, "reg"), (Cells{0, 0x3f00'0000, 0, 0x10'0000}));
  EXPECT_EQ(t.cells(bridge, "bus-range"), (Cells{0, 0}));
  EXPECT_EQ(t.cells(bridge, "linux,pci-domain"), Cells{0});
  EXPECT_EQ(t.cells(bridge, "#address-cells"), Cells{3});
  EXPECT_EQ(t.cells(bridge, "#size-cells"), Cells{2});
  EXPECT_TRUE(t.has(bridge, "dma-coherent"));
}

TEST(FdtPci, HasAWindowForIoAndTwoForMemory) {
  EXPECT_EQ(tree(with_pci(board())).cells(bridge, "ranges"),
            (Cells{0x0100'0000, 0,    0,           0,    0x3eff'0000, 0,    0x1'0000,     //
                   0x0200'0000, 0,    0x1400'0000, 0,    0x1400'0000, 0,    0x2aff'0000,  //
                   0x4300'0000, 0x80, 0,           0x80, 0,           0x80, 0}));
}

TEST(FdtPci, WithoutA64BitWindowOnlyTwo) {
  FdtConfig config = with_pci(board());
  config.pci->mmio64.reset();
  EXPECT_EQ(tree(config).cells(bridge, "ranges").size(), 14u);
}

TEST(FdtPci, EachSlotHasAnInterruptOfItsOwn) {
  const Tree t = tree(with_pci(board()));
  const std::uint32_t gic = t.cells("/interrupt-controller@8000000", "phandle").at(0);
  EXPECT_EQ(t.cells(bridge, "#interrupt-cells"), Cells{1});
  EXPECT_EQ(t.cells(bridge, "interrupt-map-mask"), (Cells{0xf800, 0, 0, 7}));
  const Cells map = t.cells(bridge, "interrupt-map");
  ASSERT_EQ(map.size(), 320u);
  EXPECT_EQ(part(map, 0, 10), (Cells{0, 0, 0, 1, gic, 0, 0, 0, 32, 4}));
  EXPECT_EQ(part(map, 10, 10), (Cells{0x800, 0, 0, 1, gic, 0, 0, 0, 33, 4}));
  EXPECT_EQ(part(map, 310, 10), (Cells{0xf800, 0, 0, 1, gic, 0, 0, 0, 63, 4}));
}

TEST(FdtPci, MsisGoToTheItsWithTheirRequesterIds) {
  const Tree t = tree(with_pci(board()));
  const std::uint32_t its =
      t.cells("/interrupt-controller@8000000/msi-controller@8080000", "phandle").at(0);
  EXPECT_EQ(t.cells(bridge, "msi-map"), (Cells{0, its, 0, 0x100}));
  EXPECT_FALSE(t.has(bridge, "msi-parent"));
}

TEST(FdtPci, MsisOfAGicV2GoToItsFrame) {
  const Tree t = tree(with_pci(gicv2_board()));
  const Cells frame = t.cells("/interrupt-controller@8000000/v2m@8020000", "phandle");
  EXPECT_EQ(t.cells(bridge, "msi-parent"), frame);
  EXPECT_FALSE(t.has(bridge, "msi-map"));
}

TEST(FdtPci, WithoutEitherThereAreNoMsis) {
  FdtConfig config = with_pci(board());
  std::get_if<FdtGicV3>(&config.gic)->its.reset();
  const Tree t = tree(config);
  EXPECT_FALSE(t.has(bridge, "msi-map"));
  EXPECT_FALSE(t.has(bridge, "msi-parent"));
}

TEST(FdtVirtioMmio, EachDeviceIsANode) {
  const Tree t = tree(with_pci(board()));
  EXPECT_EQ(t.text("/virtio@a100000", "compatible"), "virtio,mmio");
  EXPECT_EQ(t.cells("/virtio@a100000", "reg"), (Cells{0, 0xa10'0000, 0, 0x200}));
  EXPECT_EQ(t.cells("/virtio@a100000", "interrupts"), (Cells{0, 16, 4}));
  EXPECT_TRUE(t.has("/virtio@a100000", "dma-coherent"));
  EXPECT_EQ(t.cells("/virtio@a100200", "interrupts"), (Cells{0, 17, 4}));
}

}  // namespace
}  // namespace takt
