// SPDX-License-Identifier: Apache-2.0
#include "common/output.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace probe {
namespace {

std::string written;

Output fresh() {
  written.clear();
  return Output{[](std::string_view s) { written += s; }};
}

TEST(Output, DecimalOfZeroIsOneDigit) {
  fresh().dec(0);
  EXPECT_EQ(written, "0");
}

TEST(Output, DecimalOfTheLargestNumberIsComplete) {
  fresh().dec(UINT64_MAX);
  EXPECT_EQ(written, "18446744073709551615");
}

TEST(Output, HexHasPrefixAndNoLeadingZeros) {
  fresh().hex(0).text(" ").hex(0xdead'beef'0000'0001);
  EXPECT_EQ(written, "0x0 0xdeadbeef00000001");
}

TEST(Output, FieldIsSpaceNameEqualsValue) {
  fresh().text("result").field("name", "timer").field("count", 7).end_line();
  EXPECT_EQ(written, "result name=timer count=7\n");
}

TEST(Output, QuotedTextCannotBreakTheLine) {
  fresh().quoted("a\nb\x80\x1b");
  EXPECT_EQ(written,
            "'a?b?"
            "?'");
}

TEST(Output, QuotedTextIsCutAtItsLimitAndSaysSo) {
  fresh().quoted(std::string(Output::quoted_max + 1, 'x'));
  EXPECT_EQ(written.size(), Output::quoted_max + 5);
  EXPECT_TRUE(written.ends_with("xx...'"));
}

TEST(Output, QuotedTextOfExactlyTheLimitIsWhole) {
  fresh().quoted(std::string(Output::quoted_max, 'x'));
  EXPECT_EQ(written.size(), Output::quoted_max + 2);
  EXPECT_TRUE(written.ends_with("xx'"));
}

}  // namespace
}  // namespace probe
