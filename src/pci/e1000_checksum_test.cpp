// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_checksum.h"

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "pci/e1000_tail_marks.h"

namespace takt::e1000 {
namespace {

std::span<const std::uint8_t> bytes_of(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

TEST(E1000Checksum, SumIsThatOfRfc1071sExample) {  // section 3
  const std::vector<std::uint8_t> bytes{0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
  OnesSum sum;
  sum.add(bytes);
  EXPECT_EQ(sum.folded(), 0xddf2);
  EXPECT_EQ(sum.complement(), 0x220d);
}

TEST(E1000Checksum, SumDoesNotDependOnWhereItIsCut) {
  std::vector<std::uint8_t> bytes;
  for (unsigned n = 0; n < 999; ++n) bytes.push_back(static_cast<std::uint8_t>(n * 7));
  const std::span all{bytes};
  OnesSum whole;
  whole.add(all);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    OnesSum sum;
    sum.add(all.first(cut));
    sum.add(all.subspan(cut));
    ASSERT_EQ(sum.folded(), whole.folded()) << cut;
  }
}

TEST(E1000Checksum, CrcOfTheCheckStringIsTheStandards) {
  CrcSum crc;
  crc.add(bytes_of("1234"));
  crc.add(bytes_of("56789"));
  EXPECT_EQ(crc.bytes(), (std::array<std::uint8_t, 4>{0x26, 0x39, 0xf4, 0xcb}));
}

TEST(E1000Checksum, LongCrcIsThatOfItsParts) {
  const std::vector<std::uint8_t> bytes(1000, 0x5a);
  CrcSum whole;
  whole.add(bytes);
  CrcSum parts;
  for (std::size_t n = 0; n < bytes.size(); ++n) parts.add(std::span{bytes}.subspan(n, 1));
  EXPECT_EQ(whole.bytes(), parts.bytes());
}

TEST(E1000TailMarks, DescriptorsBelongToTheWriteThatGaveThem) {
  TailMarks marks;
  marks.put(2, 100);
  marks.put(5, 200);
  EXPECT_EQ(marks.take(0, 999), 100u);
  EXPECT_EQ(marks.take(1, 999), 100u);
  EXPECT_EQ(marks.take(2, 999), 200u);
  EXPECT_EQ(marks.take(4, 999), 200u);
  marks.clear();
  EXPECT_EQ(marks.take(5, 999), 999u);
}

TEST(E1000TailMarks, MoreWritesThanFitCountAsOlder) {
  TailMarks marks;
  for (std::uint32_t n = 1; n <= TailMarks::capacity + 8; ++n) marks.put(n, n);
  EXPECT_EQ(marks.take(0, 999), 1u);
  EXPECT_EQ(marks.take(1, 999), 2u);
  for (std::uint32_t n = 2; n < TailMarks::capacity; ++n) (void)marks.take(n, 999);
  EXPECT_EQ(marks.take(TailMarks::capacity + 5, 999), std::uint64_t{TailMarks::capacity});
}

}  // namespace
}  // namespace takt::e1000
