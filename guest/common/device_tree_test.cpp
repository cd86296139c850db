// SPDX-License-Identifier: Apache-2.0
#include "common/device_tree.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "common/device_tree_builder.h"

namespace probe {
namespace {

using test::DeviceTreeBuilder;

DeviceTree opened(DeviceTreeBuilder& b) {
  const auto tree = DeviceTree::open(b.blob());
  EXPECT_TRUE(tree.has_value());
  return *tree;
}

/// Stands on the node called `name`.
NodeWalk at(const DeviceTree& tree, std::string_view name) {
  NodeWalk walk{tree};
  while (walk.next()) {
    if (walk.name() == name) return walk;
  }
  ADD_FAILURE() << "no node " << name;
  return walk;
}

std::vector<std::string> names(const DeviceTree& tree) {
  std::vector<std::string> all;
  for (NodeWalk walk{tree}; walk.next();) all.emplace_back(walk.name());
  return all;
}

/// A copy that tests may damage.
std::vector<std::uint8_t> bytes_of(DeviceTreeBuilder& b) {
  const Bytes blob = b.blob();
  return {blob.begin(), blob.end()};
}

TEST(DeviceTree, NodesComeInTheOrderOfTheTree) {
  DeviceTreeBuilder b;
  b.begin("").begin("a").begin("b@1").end().end().nop().begin("c").end().end();
  EXPECT_EQ(names(opened(b)), (std::vector<std::string>{"", "a", "b@1", "c"}));
}

TEST(DeviceTree, DepthOfTheRootIsZero) {
  DeviceTreeBuilder b;
  b.begin("").begin("a").begin("b").end().end().end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "").depth(), 0u);
  EXPECT_EQ(at(tree, "b").depth(), 2u);
}

TEST(DeviceTree, PropertyIsTheNodesOwnAndNotItsChilds) {
  DeviceTreeBuilder b;
  b.begin("").begin("a").text("x", "of a").begin("b").text("y", "of b").end().end().end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "a").text("x"), "of a");
  EXPECT_FALSE(at(tree, "a").property("y"));
  EXPECT_FALSE(at(tree, "b").property("x"));
}

TEST(DeviceTree, PropertyOfNoBytesIsThere) {
  DeviceTreeBuilder b;
  b.begin("").flag("ranges").end();
  const DeviceTree tree = opened(b);
  ASSERT_TRUE(at(tree, "").property("ranges"));
  EXPECT_TRUE(at(tree, "").property("ranges")->empty());
}

TEST(DeviceTree, ListOfStringsIsSearchedByWholeStrings) {
  DeviceTreeBuilder b;
  b.begin("").texts("compatible", {"arm,pl011", "arm,primecell"}).end();
  const DeviceTree tree = opened(b);
  const NodeWalk root = at(tree, "");
  EXPECT_TRUE(root.lists("compatible", "arm,primecell"));
  EXPECT_FALSE(root.lists("compatible", "arm,pl01"));
  EXPECT_FALSE(root.lists("compatible", "primecell"));
}

TEST(DeviceTree, StringWithoutItsEndIsNone) {
  DeviceTreeBuilder b;
  b.begin("").cells("bootargs", {0x6162'6364}).end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "").text("bootargs"), "");
  EXPECT_FALSE(at(tree, "").lists("bootargs", "abcd"));
}

TEST(DeviceTree, CellIsBigEndianAndOfFourBytes) {
  DeviceTreeBuilder b;
  b.begin("").cells("one", {0x1234'5678}).cells("two", {1, 2}).end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "").cell("one"), 0x1234'5678u);
  EXPECT_FALSE(at(tree, "").cell("two"));
}

TEST(DeviceTree, RegIsReadByTheParentsCells) {
  DeviceTreeBuilder b;
  b.begin("").cells("#address-cells", {2}).cells("#size-cells", {2});
  b.begin("gic").cells("reg", {1, 2, 3, 4, 5, 6, 7, 8}).end().end();
  const DeviceTree tree = opened(b);
  const auto second = at(tree, "gic").reg(1);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->base, 0x5'0000'0006u);
  EXPECT_EQ(second->bytes, 0x7'0000'0008u);
  EXPECT_FALSE(at(tree, "gic").reg(2));
}

TEST(DeviceTree, CellsAreTwoAndOneWhereTheParentDoesNotSay) {
  DeviceTreeBuilder b;
  b.begin("").begin("a").cells("reg", {1, 2, 3}).end().end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "a").reg(0)->base, 0x1'0000'0002u);
  EXPECT_EQ(at(tree, "a").reg(0)->bytes, 3u);
}

TEST(DeviceTree, RegOfACpuHasNoSize) {
  DeviceTreeBuilder b;
  b.begin("").begin("cpus").cells("#address-cells", {1}).cells("#size-cells", {0});
  b.begin("cpu@1").cells("reg", {1}).end().end().end();
  const DeviceTree tree = opened(b);
  EXPECT_EQ(at(tree, "cpu@1").reg(0)->base, 1u);
}

TEST(DeviceTree, RegOfCellsThatMakeNoAddressIsNone) {
  DeviceTreeBuilder b;
  b.begin("").cells("#address-cells", {3}).begin("a").cells("reg", {1, 2, 3, 4}).end().end();
  const DeviceTree tree = opened(b);
  EXPECT_FALSE(at(tree, "a").reg(0));
}

TEST(DeviceTree, PathLeadsToItsNodeOnly) {
  DeviceTreeBuilder b;
  b.begin("").begin("soc").begin("uart@9000000").end().end().end();
  const DeviceTree tree = opened(b);
  EXPECT_TRUE(at(tree, "uart@9000000").is_at("/soc/uart@9000000"));
  EXPECT_TRUE(at(tree, "uart@9000000").is_at("/soc/uart"));
  EXPECT_FALSE(at(tree, "uart@9000000").is_at("/soc"));
  EXPECT_FALSE(at(tree, "uart@9000000").is_at("/soc/uart@9"));
  EXPECT_FALSE(at(tree, "soc").is_at("/soc/uart@9000000"));
  EXPECT_FALSE(at(tree, "soc").is_at(""));
}

TEST(DeviceTree, BusWithoutEmptyRangesMovesAddresses) {
  DeviceTreeBuilder b;
  b.begin("").begin("soc").flag("ranges").begin("a").end().end();
  b.begin("i2c").begin("b").end().end();
  b.begin("isa").cells("ranges", {0, 0, 1}).begin("c").end().end().end();
  const DeviceTree tree = opened(b);
  EXPECT_TRUE(at(tree, "soc").is_on_cpu_bus());
  EXPECT_TRUE(at(tree, "a").is_on_cpu_bus());
  EXPECT_FALSE(at(tree, "b").is_on_cpu_bus());
  EXPECT_FALSE(at(tree, "c").is_on_cpu_bus());
}

TEST(DeviceTree, NodeIsEnabledUnlessItsStatusSaysOtherwise) {
  DeviceTreeBuilder b;
  b.begin("").text("status", "okay").begin("a").text("status", "disabled").end();
  b.begin("b").end().end();
  const DeviceTree tree = opened(b);
  EXPECT_TRUE(at(tree, "").is_enabled());
  EXPECT_FALSE(at(tree, "a").is_enabled());
  EXPECT_TRUE(at(tree, "b").is_enabled());
}

TEST(DeviceTree, BlobMayBeLongerThanTheTree) {
  DeviceTreeBuilder b;
  b.begin("").end();
  std::vector<std::uint8_t> blob = bytes_of(b);
  blob.resize(blob.size() + 1000);
  EXPECT_TRUE(DeviceTree::open(blob));
}

TEST(DeviceTree, BlobShorterThanTheTreeIsNone) {
  DeviceTreeBuilder b;
  b.begin("").end();
  const std::vector<std::uint8_t> blob = bytes_of(b);
  EXPECT_FALSE(DeviceTree::open(Bytes{blob}.first(blob.size() - 1)));
  EXPECT_FALSE(DeviceTree::open(Bytes{blob}.first(39)));
  EXPECT_FALSE(DeviceTree::open({}));
}

TEST(DeviceTree, BlobWithAnotherMagicOrVersionIsNone) {
  DeviceTreeBuilder b;
  b.begin("").end();
  std::vector<std::uint8_t> blob = bytes_of(b);
  blob[0] = 0;
  EXPECT_FALSE(DeviceTree::open(blob));
  blob[0] = 0xd0, blob[23] = 16;
  EXPECT_FALSE(DeviceTree::open(blob));
}

TEST(DeviceTree, StructureOutsideOfTheBlobIsNone) {
  DeviceTreeBuilder b;
  b.begin("").end();
  std::vector<std::uint8_t> blob = bytes_of(b);
  blob[8] = 0xff;  // off_dt_struct
  EXPECT_FALSE(DeviceTree::open(blob));
}

TEST(DeviceTree, WalkEndsAtAPropertyLongerThanTheTree) {
  DeviceTreeBuilder b;
  b.begin("").begin("a").end().property("x", 0x7fff'ffff).begin("b").end().end();
  EXPECT_EQ(names(opened(b)), (std::vector<std::string>{"", "a"}));
}

TEST(DeviceTree, WalkEndsWhereItIsTooDeep) {
  DeviceTreeBuilder b;
  for (std::size_t i = 0; i < NodeWalk::max_depth + 1; ++i) b.begin("n");
  EXPECT_EQ(names(opened(b)).size(), NodeWalk::max_depth);
}

TEST(DeviceTree, WalkEndsWithTheRoot) {
  DeviceTreeBuilder b;
  b.begin("").end().begin("another").end();
  EXPECT_EQ(names(opened(b)).size(), 1u);
}

TEST(DeviceTree, TreeWithoutNodesHasNone) {
  DeviceTreeBuilder b;
  EXPECT_TRUE(names(opened(b)).empty());
}

}  // namespace
}  // namespace probe
