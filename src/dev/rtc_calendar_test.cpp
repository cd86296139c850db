// SPDX-License-Identifier: Apache-2.0
#include "dev/rtc_calendar.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr RtcFormat bcd{};
constexpr RtcFormat binary{.binary = true};
constexpr RtcFormat bcd12{.hour24 = false};

constexpr sys_seconds at(std::int64_t s) { return sys_seconds{seconds{s}}; }

TEST(RtcCalendar, FirstSecondOf1970IsAThursday) {
  EXPECT_EQ(rtc_encode(at(0), bcd), (RtcTime{0, 0, 0, 5, 1, 1, 0x70, 0x19}));
}

TEST(RtcCalendar, LastSecondOf1999IsInCentury19) {
  EXPECT_EQ(rtc_encode(at(946'684'799), bcd),
            (RtcTime{0x59, 0x59, 0x23, 6, 0x31, 0x12, 0x99, 0x19}));
}

TEST(RtcCalendar, Year2000HasALeapDay) {
  EXPECT_EQ(rtc_encode(at(951'782'400), bcd), (RtcTime{0, 0, 0, 3, 0x29, 2, 0x00, 0x20}));
}

TEST(RtcCalendar, Year2100HasNoLeapDay) {
  EXPECT_EQ(rtc_encode(at(4'107'456'000), bcd), (RtcTime{0, 0, 0, 1, 0x28, 2, 0x00, 0x21}));
  EXPECT_EQ(rtc_encode(at(4'107'542'400), bcd), (RtcTime{0, 0, 0, 2, 0x01, 3, 0x00, 0x21}));
  EXPECT_FALSE(rtc_decode({0, 0, 0, 1, 0x29, 2, 0x00, 0x21}, bcd));
}

TEST(RtcCalendar, LastDayOf2199IsATuesday) {
  EXPECT_EQ(rtc_encode(at(7'258'032'000), bcd), (RtcTime{0, 0, 0, 3, 0x31, 0x12, 0x99, 0x21}));
}

TEST(RtcCalendar, EveryDayFrom1970To2199ComesBack) {
  for (std::int64_t day = 0; day <= 84'005; ++day) {
    const sys_seconds time = at(day * 86'400 + day % 86'400);
    ASSERT_EQ(rtc_decode(rtc_encode(time, bcd), bcd), time) << day;
    ASSERT_EQ(rtc_decode(rtc_encode(time, binary), binary), time) << day;
  }
}

TEST(RtcCalendar, EncodesAndDecodesTheDateOfTheDataSheetsExample) {
  // 05:58:21, Thursday, 15 February 1979.
  const RtcTime t{0x21, 0x58, 0x05, 5, 0x15, 0x02, 0x79, 0x19};
  const auto time = rtc_decode(t, bcd);
  ASSERT_TRUE(time);
  EXPECT_EQ(rtc_encode(*time, bcd), t);
  EXPECT_EQ(rtc_encode(*time, binary), (RtcTime{21, 58, 5, 5, 15, 2, 79, 19}));
}

TEST(RtcCalendar, TwelveHourModeHasBit7ForPm) {
  EXPECT_EQ(rtc_encode(at(0), bcd12).hours, 0x12);
  EXPECT_EQ(rtc_encode(at(1 * 3600), bcd12).hours, 0x01);
  EXPECT_EQ(rtc_encode(at(12 * 3600), bcd12).hours, 0x92);
  EXPECT_EQ(rtc_encode(at(23 * 3600), bcd12).hours, 0x91);
}

TEST(RtcCalendar, BytesThatAreNoTimeAreRefused) {
  const RtcTime good{0, 0, 0, 1, 1, 1, 0x26, 0x20};
  ASSERT_TRUE(rtc_decode(good, bcd));
  RtcTime t = good;
  t.seconds = 0x60;
  EXPECT_FALSE(rtc_decode(t, bcd));
  t = good;
  t.minutes = 0x0a;  // no BCD
  EXPECT_FALSE(rtc_decode(t, bcd));
  t = good;
  t.hours = 0x24;
  EXPECT_FALSE(rtc_decode(t, bcd));
  t = good;
  t.date_of_month = 0;
  EXPECT_FALSE(rtc_decode(t, bcd));
  t = good;
  t.month = 0x13;
  EXPECT_FALSE(rtc_decode(t, bcd));
}

TEST(RtcCalendar, ByteThatWouldWrapAroundInTheCalendarIsRefused) {
  EXPECT_FALSE(rtc_decode({0, 0, 0, 1, 255, 1, 26, 20}, binary));
  EXPECT_FALSE(rtc_decode({0, 0, 0, 1, 1, 255, 26, 20}, binary));
  EXPECT_FALSE(rtc_decode({0, 0, 0, 1, 1, 1, 255, 255}, binary));
}

TEST(RtcCalendar, HourZeroIsNoHourOfTheTwelveHourClock) {
  EXPECT_FALSE(rtc_decode({0, 0, 0x00, 1, 1, 1, 0x26, 0x20}, bcd12));
  EXPECT_FALSE(rtc_decode({0, 0, 0x93, 1, 1, 1, 0x26, 0x20}, bcd12));
}

}  // namespace
}  // namespace takt
