// SPDX-License-Identifier: Apache-2.0
#include "dev/rtc_cmos.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr std::int64_t ms = 1'000'000;
constexpr std::int64_t noon_ns = 1'709'208'000 * s;  // Thursday 2024-02-29 12:00:00

struct RtcCmosTest : testing::Test {
  std::uint8_t get(unsigned address) {
    fakes::outb(rtc, 0, static_cast<std::uint8_t>(address));
    return fakes::inb(rtc, 1);
  }
  void set(unsigned address, unsigned value) {
    fakes::outb(rtc, 0, static_cast<std::uint8_t>(address));
    fakes::outb(rtc, 1, static_cast<std::uint8_t>(value));
  }
  /// 2031-05-17 08:09:10 in BCD.
  void set_all() {
    set(RtcCmos::seconds, 0x10);
    set(RtcCmos::minutes, 0x09);
    set(RtcCmos::hours, 0x08);
    set(RtcCmos::date_of_month, 0x17);
    set(RtcCmos::month, 0x05);
    set(RtcCmos::year, 0x31);
  }
  fakes::ManualClock clock{noon_ns};
  RtcCmos rtc{clock};
};

TEST_F(RtcCmosTest, ShowsTheHostsTimeInBcd) {
  EXPECT_EQ(get(RtcCmos::seconds), 0x00);
  EXPECT_EQ(get(RtcCmos::hours), 0x12);
  EXPECT_EQ(get(RtcCmos::day_of_week), 5);
  EXPECT_EQ(get(RtcCmos::date_of_month), 0x29);
  EXPECT_EQ(get(RtcCmos::month), 0x02);
  EXPECT_EQ(get(RtcCmos::year), 0x24);
  EXPECT_EQ(get(RtcCmos::century), 0x20);
}

TEST_F(RtcCmosTest, ShowsBinaryAnd12HoursWhenRegisterBAsksForIt) {
  clock.ns = noon_ns + 45 * 60 * s;
  set(RtcCmos::register_b, 0x04);  // DM, not 24/12
  EXPECT_EQ(get(RtcCmos::hours), 0x8c);
  EXPECT_EQ(get(RtcCmos::minutes), 45);
}

TEST_F(RtcCmosTest, ChangingTheFormatOfARunningClockKeepsTheTime) {
  clock.ns = noon_ns + (6 * 24 * 60 + 15) * 60 * s;  // its BCD bytes are a binary date too
  set(RtcCmos::register_b, 0x06);
  EXPECT_EQ(get(RtcCmos::minutes), 15);
  set(RtcCmos::register_b, 0x02);
  EXPECT_EQ(get(RtcCmos::minutes), 0x15);
  EXPECT_EQ(rtc.state().offset_s, 0);
}

TEST_F(RtcCmosTest, GoesFromLeapDayToMarch) {
  clock.ns += 12 * 3600 * s;
  EXPECT_EQ(get(RtcCmos::date_of_month), 0x01);
  EXPECT_EQ(get(RtcCmos::month), 0x03);
}

TEST_F(RtcCmosTest, StatusRegistersAreThoseOfAPc) {
  EXPECT_EQ(get(RtcCmos::register_a), 0x26);
  EXPECT_EQ(get(RtcCmos::register_b), 0x02);
  EXPECT_EQ(get(RtcCmos::register_c), 0x00);
  EXPECT_EQ(get(RtcCmos::register_d), 0x80);
}

TEST_F(RtcCmosTest, RegistersCAndDIgnoreWrites) {
  set(RtcCmos::register_c, 0xff);
  set(RtcCmos::register_d, 0x00);
  EXPECT_EQ(get(RtcCmos::register_c), 0x00);
  EXPECT_EQ(get(RtcCmos::register_d), 0x80);
}

TEST_F(RtcCmosTest, Bit7OfTheIndexIsTheNmiMaskAndTheIndexPortReadsOnes) {
  fakes::outb(rtc, 0, 0x80 | RtcCmos::register_d);
  EXPECT_EQ(fakes::inb(rtc, 1), 0x80);
  EXPECT_EQ(fakes::inb(rtc, 0), 0xff);
}

TEST_F(RtcCmosTest, OtherBytesAreRam) {
  set(0x0f, 0x5a);
  set(0x7f, 0xa5);
  set(0x01, 0xc0);  // an alarm byte
  EXPECT_EQ(get(0x0f), 0x5a);
  EXPECT_EQ(get(0x7f), 0xa5);
  EXPECT_EQ(get(0x01), 0xc0);
}

TEST_F(RtcCmosTest, UipIsSetInThe244MicrosecondsBeforeAnUpdateOnly) {  // table 6, tBUC
  clock.ns = noon_ns + s - 244'001;
  EXPECT_EQ(get(RtcCmos::register_a), 0x26);
  clock.ns = noon_ns + s - 244'000;
  EXPECT_EQ(get(RtcCmos::register_a), 0xa6);
  clock.ns = noon_ns + s;
  EXPECT_EQ(get(RtcCmos::register_a), 0x26);
}

TEST_F(RtcCmosTest, SetStopsTheBytesAndClearsUipAndUie) {  // register B, SET
  set(RtcCmos::register_b, 0x92);
  clock.ns += 5 * s - 1;
  EXPECT_EQ(get(RtcCmos::seconds), 0x00);
  EXPECT_EQ(get(RtcCmos::register_a), 0x26);
  EXPECT_EQ(get(RtcCmos::register_b), 0x82);
}

TEST_F(RtcCmosTest, TimeSetByTheGuestGoesOnWithThePhaseOfTheHost) {
  clock.ns = noon_ns + 300 * ms;
  set(RtcCmos::register_b, 0x82);
  set_all();
  set(RtcCmos::register_b, 0x02);
  EXPECT_EQ(get(RtcCmos::seconds), 0x10);
  clock.ns = noon_ns + 1 * s;
  EXPECT_EQ(get(RtcCmos::seconds), 0x11);
  EXPECT_EQ(get(RtcCmos::year), 0x31);
  EXPECT_EQ(get(RtcCmos::century), 0x20) << "left as it was";
  EXPECT_EQ(get(RtcCmos::day_of_week), 7) << "2031-05-17 is a Saturday";
}

TEST_F(RtcCmosTest, FirstUpdateIsHalfASecondAfterTheDividerReset) {  // "Divider Control"
  clock.ns = noon_ns + 900 * ms;
  set(RtcCmos::register_b, 0x82);  // the order of Linux's mc146818_set_time()
  set(RtcCmos::register_a, 0x76);
  set_all();
  set(RtcCmos::register_b, 0x02);
  set(RtcCmos::register_a, 0x26);
  clock.ns += 499 * ms;
  EXPECT_EQ(get(RtcCmos::seconds), 0x10);
  clock.ns += 1 * ms;
  EXPECT_EQ(get(RtcCmos::seconds), 0x11);
}

TEST_F(RtcCmosTest, DividerHeldInResetStopsTheTime) {
  set(RtcCmos::register_a, 0x66);
  clock.ns += 100 * s;
  EXPECT_EQ(get(RtcCmos::seconds), 0x00);
  set(RtcCmos::register_a, 0x26);
  EXPECT_EQ(get(RtcCmos::minutes), 0x00);
}

TEST_F(RtcCmosTest, BytesThatAreNoDateAreDroppedAndTheClockGoesOn) {
  set(RtcCmos::register_b, 0x82);
  set(RtcCmos::month, 0x02);
  set(RtcCmos::date_of_month, 0x30);
  EXPECT_EQ(get(RtcCmos::date_of_month), 0x30) << "readable while SET";
  clock.ns += 60 * s;
  set(RtcCmos::register_b, 0x02);
  EXPECT_EQ(get(RtcCmos::date_of_month), 0x29);
  EXPECT_EQ(get(RtcCmos::minutes), 0x01);
}

TEST_F(RtcCmosTest, WriteToARunningClockSetsThatByteAtOnce) {
  set(RtcCmos::minutes, 0x34);
  EXPECT_EQ(get(RtcCmos::minutes), 0x34);
  EXPECT_EQ(get(RtcCmos::hours), 0x12);
}

TEST_F(RtcCmosTest, CenturyCanBeSetAndYear9999RollsOverWithoutHarm) {
  set(RtcCmos::register_b, 0x82);
  set(RtcCmos::month, 0x12);
  set(RtcCmos::date_of_month, 0x31);
  set(RtcCmos::hours, 0x23);
  set(RtcCmos::year, 0x99);
  set(RtcCmos::century, 0x99);
  set(RtcCmos::register_b, 0x02);
  EXPECT_EQ(get(RtcCmos::century), 0x99);
  clock.ns += 3600 * s;
  EXPECT_EQ(get(RtcCmos::century), 0x00);
  EXPECT_EQ(get(RtcCmos::year), 0x00);
}

TEST_F(RtcCmosTest, RegisterCTellsOfAnUpdateOnce) {
  clock.ns += s;
  EXPECT_EQ(get(RtcCmos::register_c), 0x10);
  EXPECT_EQ(get(RtcCmos::register_c), 0x00);
}

TEST_F(RtcCmosTest, IrqfIsUfAndUie) {  // register C
  set(RtcCmos::register_b, 0x12);
  clock.ns += s;
  EXPECT_EQ(get(RtcCmos::register_c), 0x90);
}

TEST_F(RtcCmosTest, HostClockBefore1970IsADateToo) {
  clock.ns = -1;
  EXPECT_EQ(get(RtcCmos::year), 0x69);
  EXPECT_EQ(get(RtcCmos::seconds), 0x59);
}

}  // namespace
}  // namespace takt
