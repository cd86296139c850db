// SPDX-License-Identifier: Apache-2.0
#include "base/bits.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

using Middle = Field<5, 4, std::uint8_t>;
using Flag = Field<7, 7, std::uint8_t, bool>;
using Whole = Field<63, 0, std::uint64_t>;

TEST(Field, GetTakesTheBitsBetweenHighAndLow) {
  EXPECT_EQ(Middle::get(0x2f), 2);
  EXPECT_TRUE(Flag::get(0x80));
  EXPECT_FALSE(Flag::get(0x7f));
}

TEST(Field, SetReplacesOnlyItsOwnBits) {
  EXPECT_EQ(Middle::set(0xff, 0), 0xcf);
  EXPECT_EQ(Flag::set(0x01, true), 0x81);
}

TEST(Field, SetDropsBitsThatDoNotFit) { EXPECT_EQ(Middle::set(0, 0xff), 0x30); }

TEST(Field, MayBeTheWholeWord) {
  EXPECT_EQ(Whole::mask, ~std::uint64_t{0});
  EXPECT_EQ(Whole::set(0, 7), 7u);
}

TEST(WidthMask, CoversTheWidth) {
  EXPECT_EQ(width_mask(Width::b1), 0xffu);
  EXPECT_EQ(width_mask(Width::b4), 0xffff'ffffu);
  EXPECT_EQ(width_mask(Width::b8), ~std::uint64_t{0});
}

TEST(AlignUp, LeavesMultiplesAlone) {
  EXPECT_EQ(align_up(0x1000, 0x1000), 0x1000u);
  EXPECT_EQ(align_up(0x1001, 0x1000), 0x2000u);
  EXPECT_TRUE(is_aligned(0x3000, 0x1000));
  EXPECT_FALSE(is_aligned(0x3001, 0x1000));
}

}  // namespace
}  // namespace takt
