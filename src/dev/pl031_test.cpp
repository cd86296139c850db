// SPDX-License-Identifier: Apache-2.0
// Sections are those of ARM DDI 0224.
#include "dev/pl031.h"

#include <gtest/gtest.h>

#include "dev/fakes.h"

namespace takt {
namespace {

constexpr std::int64_t s = 1'000'000'000;
constexpr std::int64_t noon_s = 1'709'208'000;  // 2024-02-29 12:00:00

struct Pl031Test : testing::Test {
  static constexpr unsigned dr = 0x00, mr = 0x04, lr = 0x08, cr = 0x0c, imsc = 0x10, ris = 0x14,
                            mis = 0x18, icr = 0x1c;
  static constexpr std::uint32_t noon = noon_s;

  std::uint32_t in(unsigned reg) { return fakes::in32(rtc, reg); }
  void out(unsigned reg, std::uint32_t value) { fakes::out32(rtc, reg, value); }
  /// As Linux's pl031_set_alarm() and pl031_alarm_irq_enable() do it.
  void set_alarm(std::uint32_t time) {
    out(mr, time);
    out(icr, 1);
    out(imsc, in(imsc) | 1);
  }
  /// The host's clock goes on, and calls when the alarm is due.
  void advance(std::int64_t ns) {
    clock.ns += ns;
    if (!alarm.deadline || *alarm.deadline > clock.ns) return;
    alarm.deadline.reset();
    rtc.alarm_fired();
  }

  fakes::RecordingIrqSink line;
  fakes::RecordingAlarm alarm;
  fakes::ManualClock clock{noon_s * s};
  LevelIrq irq{line};
  Pl031 rtc{irq, clock, alarm};
};

TEST_F(Pl031Test, RegistersAfterResetShowTheHostsTimeAndNoAlarm) {  // table 3-1
  EXPECT_EQ(in(dr), noon);
  EXPECT_EQ(in(mr), 0u);
  EXPECT_EQ(in(lr), 0u);
  EXPECT_EQ(in(cr), 1u);
  EXPECT_EQ(in(imsc), 0u);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_EQ(in(mis), 0u);
  EXPECT_EQ(in(icr), 0u);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(alarm.changes, 0u);
}

TEST_F(Pl031Test, IdentificationIsPart031OfArm) {
  EXPECT_EQ(in(0xfe0), 0x31u);
  EXPECT_EQ(in(0xfe4), 0x10u);
  EXPECT_EQ(in(0xfe8), 0x04u);
  EXPECT_EQ(in(0xfec), 0x00u);
  EXPECT_EQ(in(0xff0), 0x0du);
  EXPECT_EQ(in(0xff4), 0xf0u);
  EXPECT_EQ(in(0xff8), 0x05u);
  EXPECT_EQ(in(0xffc), 0xb1u);
}

TEST_F(Pl031Test, DrCountsTheSecondsOfTheHostsClock) {
  clock.ns += s - 1;
  EXPECT_EQ(in(dr), noon);
  clock.ns += 1;
  EXPECT_EQ(in(dr), noon + 1);
}

TEST_F(Pl031Test, LrSetsTheTimeAndReadsBack) {  // 3.3.3
  out(lr, 1000);
  EXPECT_EQ(in(lr), 1000u);
  EXPECT_EQ(in(dr), 1000u);
  clock.ns += 5 * s;
  EXPECT_EQ(in(dr), 1005u);
  EXPECT_EQ(in(lr), 1000u);
}

TEST_F(Pl031Test, DrGoesFromAllOnesToZero) {
  out(lr, 0xffff'ffff);
  clock.ns += s;
  EXPECT_EQ(in(dr), 0u);
}

TEST_F(Pl031Test, TheYear2106OfTheHostIsCutTo32Bits) {
  clock.ns = ((std::int64_t{1} << 32) + 7) * s;
  EXPECT_EQ(in(dr), 7u);
}

TEST_F(Pl031Test, HostClockBefore1970CountsUpToZero) {
  clock.ns = -1;
  EXPECT_EQ(in(dr), 0xffff'ffffu);
  clock.ns = 0;
  EXPECT_EQ(in(dr), 0u);
}

TEST_F(Pl031Test, WritesToDrCrAndStatusAreIgnored) {
  for (const unsigned reg : {dr, cr, ris, mis, 0xfe0u}) out(reg, 0);
  for (const unsigned reg : {dr, cr, ris, mis, 0xfe0u}) out(reg, ~0u);
  EXPECT_EQ(in(dr), noon);
  EXPECT_EQ(in(cr), 1u);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_EQ(in(0xfe0), 0x31u);
}

TEST_F(Pl031Test, NarrowWritesChangeTheLowBytesOnly) {
  out(mr, 0x1122'3344);
  rtc.write({mr, Width::b2}, 0xaabb);
  rtc.write({mr, Width::b1}, 0xcc);
  EXPECT_EQ(in(mr), 0x1122'aaccu);
}

TEST_F(Pl031Test, BytesBetweenAndBeyondTheRegistersAreNotThere) {
  rtc.write({mr + 1, Width::b1}, 0xff);
  rtc.write({0x1004, Width::b4}, 0xff);
  EXPECT_EQ(rtc.read({dr + 2, Width::b2}), 0u);
  EXPECT_EQ(in(0x20), 0u);
  EXPECT_EQ(in(0x1000), 0u);
  EXPECT_EQ(in(mr), 0u);
}

TEST_F(Pl031Test, AlarmIsArmedForTheStartOfItsSecondAndRaisesTheLine) {
  clock.ns += s / 2;
  set_alarm(noon + 10);
  EXPECT_EQ(alarm.deadline, (noon_s + 10) * s);
  advance(9 * s);
  EXPECT_FALSE(line.now);
  advance(s / 2);
  EXPECT_TRUE(line.now);
  EXPECT_EQ(in(mis), 1u);
  EXPECT_FALSE(alarm.deadline.has_value()) << "the line is up: nothing to wait for";
}

TEST_F(Pl031Test, ClearedAlarmStaysClearedWithinItsSecond) {  // no storm on a level line
  set_alarm(noon + 1);
  advance(s);
  out(icr, 1);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(dr), in(mr));
  EXPECT_EQ(in(ris), 0u);
}

TEST_F(Pl031Test, AlarmThatWasClearedIsDueAgainWhenDrHasGoneRound) {
  set_alarm(noon + 1);
  advance(s);
  out(icr, 1);
  EXPECT_EQ(alarm.deadline, (noon_s + 1 + (std::int64_t{1} << 32)) * s);
}

TEST_F(Pl031Test, WritingZeroToIcrClearsNothing) {  // 3.3.8
  set_alarm(noon + 1);
  advance(s);
  out(icr, 0);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl031Test, MaskedAlarmShowsInRisWithoutBeingArmed) {
  out(mr, noon + 1);
  EXPECT_EQ(alarm.changes, 0u);
  clock.ns += 3 * s;
  EXPECT_EQ(in(ris), 1u);
  EXPECT_EQ(in(mis), 0u);
  EXPECT_FALSE(line.now);
  out(imsc, 1);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl031Test, MaskingDisarmsTheAlarmAndLowersTheLine) {
  set_alarm(noon + 5);
  out(imsc, 0);
  EXPECT_FALSE(alarm.deadline.has_value());
  out(imsc, 1);
  EXPECT_TRUE(alarm.deadline.has_value());
  advance(5 * s);
  out(imsc, 0);
  EXPECT_FALSE(line.now);
  EXPECT_EQ(in(ris), 1u);
}

TEST_F(Pl031Test, MatchIsSeenByAReadBeforeTheAlarmCalls) {
  set_alarm(noon + 5);
  clock.ns += 5 * s;
  EXPECT_EQ(in(mis), 1u);
  EXPECT_TRUE(line.now);
  rtc.alarm_fired();  // comes late
  EXPECT_EQ(line.rises, 1u);
}

TEST_F(Pl031Test, EarlyAndNeedlessCallsOfTheAlarmAreHarmless) {
  rtc.alarm_fired();
  EXPECT_EQ(alarm.changes, 0u);
  set_alarm(noon + 5);
  clock.ns += 4 * s;
  alarm.deadline.reset();  // it fires once
  rtc.alarm_fired();
  EXPECT_FALSE(line.now);
  EXPECT_EQ(alarm.deadline, (noon_s + 5) * s) << "armed again";
}

TEST_F(Pl031Test, MatchValueOfTheCurrentSecondMatchesAtOnce) {  // 3.3.2
  out(imsc, 1);
  out(mr, noon);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl031Test, MatchValueInThePastIsForTheNextRound) {
  set_alarm(noon - 1);
  EXPECT_EQ(in(ris), 0u);
  EXPECT_EQ(alarm.deadline, (noon_s - 1 + (std::int64_t{1} << 32)) * s);
}

TEST_F(Pl031Test, SettingTheTimeMovesTheAlarm) {
  set_alarm(1010);
  out(lr, 1000);
  EXPECT_EQ(alarm.deadline, (noon_s + 10) * s);
  out(lr, 1009);
  EXPECT_EQ(alarm.deadline, (noon_s + 1) * s);
  out(lr, 1010);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl031Test, HostClockThatJumpsOverTheAlarmRaisesIt) {
  set_alarm(noon + 5);
  advance(3600 * s);
  EXPECT_TRUE(line.now);
}

TEST_F(Pl031Test, HostClockThatIsSetBackBringsNoSecondAlarm) {
  set_alarm(noon + 5);
  advance(6 * s);
  out(icr, 1);
  clock.ns -= 6 * s;
  EXPECT_EQ(in(dr), noon);
  advance(6 * s);
  EXPECT_FALSE(line.now);
}

TEST_F(Pl031Test, AlarmBeyondTheEndOfTimeIsArmedForTheEnd) {
  clock.ns = 9'200'000'000 * s;
  const std::uint32_t now = in(dr);
  set_alarm(now - 1);
  EXPECT_EQ(alarm.deadline, INT64_MAX);
}

TEST_F(Pl031Test, AccessesThatChangeNothingDoNotArmAgain) {
  set_alarm(noon + 5);
  const unsigned changes = alarm.changes;
  in(dr);
  out(imsc, 1);
  out(cr, 1);
  EXPECT_EQ(alarm.changes, changes);
}

}  // namespace
}  // namespace takt
