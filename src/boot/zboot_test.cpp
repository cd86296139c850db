// SPDX-License-Identifier: Apache-2.0
#include "boot/zboot.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "boot/test_images_arm64.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

TEST(Zboot, IsKnownByBothMagicNumbers) {
  EXPECT_TRUE(is_zboot(zboot(pattern(100))));
  EXPECT_FALSE(is_zboot(linux_image()));
  EXPECT_FALSE(is_zboot({}));
}

TEST(Zboot, GivesTheKernelInside) {
  const Bytes file = zboot(pattern(100));
  const auto inside = zboot_payload(file);
  ASSERT_TRUE(accepted(inside));
  EXPECT_TRUE(std::ranges::equal(*inside, pattern(100)));
}

TEST(Zboot, OneThatIsCutShortIsRefused) {
  const Bytes file = zboot(pattern(100));
  EXPECT_TRUE(refused(zboot_payload(std::span{file}.first(0x1063)),
                      "should end at byte 0x1064, but the file has 0x1063"));
  EXPECT_TRUE(refused(zboot_payload(std::span{file}.first(40)), "is cut short inside the header"));
}

TEST(Zboot, AnOffsetThatCannotBeIsRefused) {
  Bytes file = zboot(pattern(100));
  set(file, 8, ~0u);
  EXPECT_TRUE(refused(zboot_payload(file), "is cut short"));
}

TEST(Zboot, AnotherCompressionSaysHowToUnpackIt) {
  EXPECT_TRUE(refused(zboot_payload(zboot(pattern(100), "zstd22")),
                      "compressed by zstd22, of which takt knows gzip only; unpack it first (tail "
                      "-c +4097 FILE | head -c 100 | zstd -dc > Image)"));
}

TEST(Zboot, AnUnknownCompressionStaysOnOneLine) {
  EXPECT_TRUE(refused(zboot_payload(zboot(pattern(100), "new\nline")),
                      "compressed by new?line, of which takt knows gzip only; give the Image"));
}

}  // namespace
}  // namespace takt
