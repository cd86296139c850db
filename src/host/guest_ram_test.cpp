// SPDX-License-Identifier: Apache-2.0
#include "host/guest_ram.h"

#include <gtest/gtest.h>

#include "base/units.h"

namespace takt {
namespace {

TEST(GuestRam, IsZeroedAndWritable) {
  const auto ram = GuestRam::create({.bytes = 4_MiB});
  ASSERT_TRUE(ram);
  EXPECT_EQ(ram->bytes().size(), 4_MiB);
  EXPECT_EQ(ram->bytes().back(), std::byte{0});
  ram->bytes().front() = std::byte{7};
  EXPECT_EQ(ram->bytes().front(), std::byte{7});
}

TEST(GuestRam, CanBePrefaulted) {
  const auto ram = GuestRam::create({.bytes = 1_MiB, .prefault = true});
  EXPECT_TRUE(ram);
}

TEST(GuestRam, MoreThanTheHostHasIsRefusedWithBothNumbers) {
  const auto ram = GuestRam::create({.bytes = 1024 * 1024_GiB});
  ASSERT_FALSE(ram);
  EXPECT_NE(ram.error().text.find("get 1073741824 MiB of guest RAM"), std::string::npos);
  EXPECT_NE(ram.error().text.find("--memory"), std::string::npos);
}

TEST(GuestRam, HugePagesThatAreNotReservedAreRefusedWithTheFileToWrite) {
  const auto ram = GuestRam::create({.bytes = 1024 * 1024_GiB, .pages = PageSize::huge_2m});
  ASSERT_FALSE(ram);
  EXPECT_NE(ram.error().text.find("nr_hugepages"), std::string::npos);
}

}  // namespace
}  // namespace takt
