// SPDX-License-Identifier: Apache-2.0
#include "bus/guest_mem.h"

#include <gtest/gtest.h>

#include <array>

namespace takt {
namespace {

struct TwoRegions {
  std::array<std::byte, 0x100> low{};
  std::array<std::byte, 0x100> high{};
  GuestMem mem{{{Gpa{0}, low}, {Gpa{0x1000}, high}}};
};

TEST(GuestMem, StoresAndLoadsInTheRegionOfTheAddress) {
  TwoRegions t;
  ASSERT_TRUE(t.mem.store(Gpa{0x10f0}, std::uint32_t{0x1234'5678}));
  EXPECT_EQ(t.mem.load<std::uint32_t>(Gpa{0x10f0}), 0x1234'5678u);
  EXPECT_EQ(t.high[0xf0], std::byte{0x78});
}

TEST(GuestMem, TheLastByteIsRamAndTheNextIsNot) {
  TwoRegions t;
  EXPECT_TRUE(t.mem.load<std::uint8_t>(Gpa{0x10ff}));
  EXPECT_FALSE(t.mem.load<std::uint8_t>(Gpa{0x1100}));
  EXPECT_FALSE(t.mem.load<std::uint16_t>(Gpa{0x10ff}));
}

TEST(GuestMem, AHoleBetweenRegionsIsNotRam) {
  TwoRegions t;
  EXPECT_FALSE(t.mem.load<std::uint8_t>(Gpa{0x100}));
  EXPECT_FALSE(t.mem.slice(Gpa{0xff}, 0x1000));
}

TEST(GuestMem, AFailedStoreWritesNothing) {
  TwoRegions t;
  EXPECT_FALSE(t.mem.store(Gpa{0xfe}, std::uint32_t{~0u}));
  EXPECT_EQ(t.low[0xfe], std::byte{0});
}

TEST(GuestMem, SizesAtTheEndOfTheAddressSpaceDoNotWrap) {
  TwoRegions t;
  EXPECT_FALSE(t.mem.slice(Gpa{~0ull}, 1));
  EXPECT_FALSE(t.mem.slice(Gpa{0x10}, ~0ull));
}

TEST(GuestMem, AnEmptySliceAtTheEndOfARegionIsFine) {
  TwoRegions t;
  EXPECT_TRUE(t.mem.slice(Gpa{0x100}, 0));
  EXPECT_EQ(t.mem.total_bytes(), 0x200u);
}

}  // namespace
}  // namespace takt
