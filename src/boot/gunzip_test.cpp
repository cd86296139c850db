// SPDX-License-Identifier: Apache-2.0
#include "boot/gunzip.h"

#include <gtest/gtest.h>

#include "base/units.h"
#include "boot/test_images_arm64.h"
#include "boot/test_result.h"

namespace takt {
namespace {

using namespace test_images;

/// All of it, or the first error.
Result<Bytes> unpack(std::span<const std::byte> file, std::size_t room) {
  TRY(Gunzip gunzip, Gunzip::open(file));
  Bytes out(room);
  TRY(const std::size_t n, gunzip.read(out));
  TRY(const bool finished, gunzip.finished());
  if (!finished) return usage_error("is larger");
  out.resize(n);
  return out;
}

TEST(Gunzip, GivesBackWhatWasCompressed) {
  const Bytes content = pattern(100'000);
  const auto out = unpack(gzip(content), 200'000);
  ASSERT_TRUE(accepted(out));
  EXPECT_EQ(*out, content);
}

TEST(Gunzip, ReadsInPieces) {
  const Bytes content = pattern(100);
  const Bytes file = gzip(content);
  auto gunzip = Gunzip::open(file);
  ASSERT_TRUE(accepted(gunzip));
  Bytes out(100);
  EXPECT_EQ(gunzip->read(std::span{out}.first(64)), 64u);
  EXPECT_EQ(gunzip->read(std::span{out}.subspan(64)), 36u);
  EXPECT_EQ(gunzip->finished(), true);
  EXPECT_EQ(out, content);
}

TEST(Gunzip, IsFinishedWhenTheRoomIsExactlyAsLargeAsTheContent) {
  EXPECT_TRUE(accepted(unpack(gzip(pattern(5000)), 5000)));
}

TEST(Gunzip, IsNotFinishedWhenTheRoomIsOneByteTooSmall) {
  EXPECT_TRUE(refused(unpack(gzip(pattern(5000)), 4999), "is larger"));
}

TEST(Gunzip, AnEmptyContentIsFinishedAtOnce) {
  const auto out = unpack(gzip({}), 10);
  ASSERT_TRUE(accepted(out));
  EXPECT_TRUE(out->empty());
}

TEST(Gunzip, EveryPrefixIsCutShort) {
  const Bytes file = gzip(pattern(5000));
  for (std::size_t n = 0; n < file.size(); ++n)
    ASSERT_TRUE(refused(unpack(std::span{file}.first(n), 10'000), "is cut short")) << n;
}

TEST(Gunzip, AWrongChecksumIsDamage) {
  Bytes file = gzip(pattern(5000));
  file[file.size() - 8] ^= std::byte{1};
  EXPECT_TRUE(refused(unpack(file, 10'000), "cannot be unpacked (incorrect data check)"));
}

TEST(Gunzip, AWrongLengthIsDamage) {
  Bytes file = gzip(pattern(5000));
  file[file.size() - 1] ^= std::byte{1};
  EXPECT_TRUE(refused(unpack(file, 10'000), "cannot be unpacked (incorrect length check)"));
}

TEST(Gunzip, AnUnknownMethodIsDamage) {
  Bytes file = gzip(pattern(5000));
  file[2] = std::byte{7};
  EXPECT_TRUE(refused(unpack(file, 10'000), "is damaged: its gzip data cannot be unpacked"));
}

TEST(Gunzip, BytesBehindTheDataAreRefused) {
  Bytes file = gzip(pattern(5000));
  append(file, "abc");
  EXPECT_TRUE(refused(unpack(file, 10'000), "has 3 bytes behind its gzip data"));
}

TEST(Gunzip, ASecondMemberCountsAsBytesBehindTheData) {
  Bytes file = gzip(pattern(5000));
  const Bytes second = gzip(pattern(10));
  file.insert(file.end(), second.begin(), second.end());
  EXPECT_TRUE(refused(unpack(file, 10'000), "behind its gzip data"));
}

TEST(Gunzip, ABombCostsNoMoreThanTheRoomForIt) {
  const Bytes file = gzip(Bytes(64_MiB), Z_BEST_COMPRESSION);
  EXPECT_LT(file.size(), 128_KiB);
  EXPECT_TRUE(refused(unpack(file, 4096), "is larger"));
}

}  // namespace
}  // namespace takt
