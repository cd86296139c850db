// SPDX-License-Identifier: Apache-2.0
#include "boot/fdt_writer.h"

#include <gtest/gtest.h>

#include "boot/test_fdt_arm64.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace std::string_literals;
using test_fdt::Tree;

TEST(FdtWriter, WritesPropertiesBigEndian) {
  FdtWriter fdt{4096};
  {
    const auto root = fdt.node("");
    fdt.u32("cell", 0x0102'0304);
    fdt.u64("wide", 0x0102'0304'0506'0708);
    fdt.reg({Gpa{0x1'0000'0002}, 3});
  }
  const Tree tree{*fdt.finish()};
  EXPECT_EQ(tree.raw("/", "cell"), "\1\2\3\4");
  EXPECT_EQ(tree.raw("/", "wide"), "\1\2\3\4\5\6\7\10");
  EXPECT_EQ(tree.cells("/", "reg"), (std::vector<std::uint32_t>{1, 2, 0, 3}));
}

TEST(FdtWriter, WritesEveryStringWithItsZero) {
  FdtWriter fdt{4096};
  {
    const auto root = fdt.node("");
    fdt.texts("two", {"a", "bc"});
    fdt.text("none", "");
    fdt.flag("flag");
  }
  const Tree tree{*fdt.finish()};
  EXPECT_EQ(tree.raw("/", "two"), "a\0bc\0"s);
  EXPECT_EQ(tree.raw("/", "none"), "\0"s);
  EXPECT_TRUE(tree.has("/", "flag"));
}

TEST(FdtWriter, NodesCloseWithTheirObjects) {
  FdtWriter fdt{4096};
  {
    const auto root = fdt.node("");
    {
      const auto first = fdt.node("first");
    }
    const auto second = fdt.node("second", 0x10);
    const auto inner = fdt.node("inner");
  }
  const Tree tree{*fdt.finish()};
  EXPECT_TRUE(tree.has("/first"));
  EXPECT_TRUE(tree.has("/second@10/inner"));
  EXPECT_FALSE(tree.has("/first/second@10"));
}

TEST(FdtWriter, OneThatGrowsTooLargeIsAnErrorAtTheEnd) {
  FdtWriter fdt{4096};
  {
    const auto root = fdt.node("");
    fdt.text("long", std::string(4000, 'x'));
    fdt.text("short", "x");
  }
  EXPECT_TRUE(refused(fdt.finish(), "the device tree takes more than 4 KiB"));
}

TEST(FdtWriter, GrowsUpToItsLimitAndKeepsWhatItHas) {
  FdtWriter fdt{1_MiB};
  {
    const auto root = fdt.node("");
    fdt.text("first", "kept");
    fdt.text("long", std::string(500'000, 'x'));
    for (std::uint64_t i = 0; i < 1000; ++i) const auto child = fdt.node("child", i);
  }
  const Tree tree{*fdt.finish()};
  EXPECT_EQ(tree.text("/", "first"), "kept");
  EXPECT_EQ(tree.text("/", "long").size(), 500'000u);
  EXPECT_TRUE(tree.has("/child@3e7"));
}

TEST(FdtWriter, AStringWithAZeroInsideNamesTheProperty) {
  FdtWriter fdt{4096};
  {
    const auto root = fdt.node("");
    fdt.text("model", "a\0b"s);
  }
  EXPECT_TRUE(refused(fdt.finish(), "the device tree's model would have a zero byte"));
}

}  // namespace
}  // namespace takt
