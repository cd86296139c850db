// SPDX-License-Identifier: Apache-2.0
#include "boot/high_window_x86.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

void expect_window(std::optional<GpaRange> window, std::uint64_t start, std::uint64_t size) {
  ASSERT_TRUE(window);
  EXPECT_EQ(window->start.raw(), start);
  EXPECT_EQ(window->size, size);
}

TEST(HighWindow, OfASmallCpuIsTheThirdQuarterOfItsSpace) {
  expect_window(high_window(36, Gpa{4_GiB}), 32_GiB, 16_GiB);
  expect_window(high_window(39, Gpa{4_GiB}), 256_GiB, 128_GiB);
}

TEST(HighWindow, OfALargeOneIs256GibFrom512GibOn) {
  expect_window(high_window(40, Gpa{4_GiB}), 512_GiB, 256_GiB);
  expect_window(high_window(48, Gpa{4_GiB}), 512_GiB, 256_GiB);
  expect_window(high_window(52, Gpa{4_GiB}), 512_GiB, 256_GiB);
}

TEST(HighWindow, MovesUpWhenThereIsMuchRam) {
  expect_window(high_window(48, Gpa{512_GiB}), 512_GiB, 256_GiB);
  expect_window(high_window(48, Gpa{512_GiB + 1}), 768_GiB, 256_GiB);
}

TEST(HighWindow, EndsWhereTheCpusReachEnds) {
  expect_window(high_window(40, Gpa{768_GiB}), 768_GiB, 256_GiB);
  EXPECT_FALSE(high_window(40, Gpa{768_GiB + 1}));
  EXPECT_FALSE(high_window(36, Gpa{64_GiB}));
  EXPECT_FALSE(high_window(36, Gpa{~0ull}));
}

TEST(HighWindow, NeverUsesMoreThan46Bits) { EXPECT_FALSE(high_window(52, Gpa{64 * 1024_GiB - 1})); }

TEST(HighWindow, OfACpuWithout64BitAddressesThereIsNone) { EXPECT_FALSE(high_window(32, Gpa{0})); }

}  // namespace
}  // namespace takt
