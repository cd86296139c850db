// SPDX-License-Identifier: Apache-2.0
#include "host/frame_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace takt {
namespace {

using Bytes = std::vector<std::byte>;

Bytes framed(std::size_t length, std::size_t bytes) {
  Bytes all{std::byte(length >> 24), std::byte(length >> 16), std::byte(length >> 8),
            std::byte(length)};
  for (std::size_t n = 0; n < bytes; ++n) all.push_back(std::byte(n * 7));
  return all;
}
Bytes framed(std::size_t length) { return framed(length, length); }

/// As much of `bytes` as there is room for.
std::size_t put(FrameReader& reader, std::span<const std::byte> bytes) {
  const auto room = reader.room();
  const std::size_t some = std::min(room.size(), bytes.size());
  std::copy_n(bytes.begin(), some, room.begin());
  reader.filled(some);
  return some;
}

TEST(FrameReader, AFrameIsThereWhenItsLastByteIs) {
  FrameReader reader;
  const Bytes stream = framed(60);
  for (const std::byte& byte : stream) {
    EXPECT_FALSE(reader.next());
    EXPECT_EQ(put(reader, {&byte, 1}), 1u);
  }
  ASSERT_TRUE(reader.next());
  EXPECT_TRUE(std::ranges::equal(*reader.next(), std::span{stream}.subspan(4)));
  reader.drop();
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.broken());
}

TEST(FrameReader, FramesThatCameTogetherComeOutOneByOne) {
  FrameReader reader;
  Bytes stream = framed(60);
  const Bytes second = framed(1514);
  stream.insert(stream.end(), second.begin(), second.end());
  EXPECT_EQ(put(reader, stream), stream.size());
  EXPECT_EQ(reader.next()->size(), 60u);
  reader.drop();
  EXPECT_EQ(reader.next()->size(), 1514u);
}

TEST(FrameReader, TheLargestFrameHasRoomWhereverItBegins) {
  const Bytes stream = framed(FrameReader::most_bytes);
  for (const std::size_t before :
       {1UL, 60UL, FrameReader::most_bytes - 1, FrameReader::most_bytes}) {
    FrameReader reader;
    Bytes all = framed(before);
    all.insert(all.end(), stream.begin(), stream.end());
    std::span<const std::byte> left = all;
    std::vector<std::size_t> sizes;
    while (!left.empty()) {
      left = left.subspan(put(reader, left.first(std::min<std::size_t>(left.size(), 5000))));
      for (; reader.next(); reader.drop()) sizes.push_back(reader.next()->size());
    }
    EXPECT_EQ(sizes, (std::vector<std::size_t>{before, FrameReader::most_bytes}));
  }
}

TEST(FrameReader, ALengthThatNoFrameHasBreaksTheStream) {
  FrameReader reader;
  put(reader, framed(FrameReader::most_bytes + 1, 0));
  EXPECT_TRUE(reader.broken());
  EXPECT_FALSE(reader.next());
  FrameReader other;
  put(other, framed(0));
  EXPECT_TRUE(other.broken());
}

TEST(FrameReader, FramesBeforeTheBreakAreGivenOut) {
  FrameReader reader;
  put(reader, framed(60));
  put(reader, framed(0xffff'ffff, 0));
  EXPECT_FALSE(reader.broken());
  EXPECT_EQ(reader.next()->size(), 60u);
  reader.drop();
  EXPECT_TRUE(reader.broken());
}

}  // namespace
}  // namespace takt
