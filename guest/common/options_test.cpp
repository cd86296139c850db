// SPDX-License-Identifier: Apache-2.0
#include "common/options.h"

#include <gtest/gtest.h>

#include <string_view>

namespace probe {
namespace {

TEST(Options, EmptyCommandLineSelectsEverything) {
  const ParsedOptions p = parse_options("");
  EXPECT_EQ(p.error.why, "");
  EXPECT_TRUE(p.options.timer && p.options.exit && p.options.ipi);
}

TEST(Options, NamedMeasurementIsTheOnlyOne) {
  const ParsedOptions p = parse_options("timer period_us=500 samples=20 idle=poll");
  EXPECT_EQ(p.error.why, "");
  EXPECT_TRUE(p.options.timer);
  EXPECT_FALSE(p.options.exit || p.options.ipi);
  EXPECT_EQ(p.options.period_us, 500u);
  EXPECT_EQ(p.options.samples, 20u);
  EXPECT_EQ(p.options.idle, Idle::poll);
}

TEST(Options, ImageNameInFrontIsLeftOut) {
  EXPECT_EQ(parse_options("/boot/probe ipi").error.why, "");
  EXPECT_EQ(parse_options("probe-x86.elf ipi").error.why, "");
  EXPECT_EQ(parse_options("ipi probe-x86.elf").error.word, "probe-x86.elf");
}

TEST(Options, UnknownWordIsNamed) {
  const ParsedOptions p = parse_options("timer tiemr");
  EXPECT_EQ(p.error.word, "tiemr");
  EXPECT_EQ(p.error.why, "unknown word");
}

TEST(Options, UnknownKeyIsNamedWithItsValue) {
  EXPECT_EQ(parse_options("period=5").error.word, "period=5");
}

TEST(Options, NumberOutsideItsRangeIsRefusedWithTheRange) {
  EXPECT_EQ(parse_options("period_us=9").error.why, "allowed: 10..1000000");
  EXPECT_EQ(parse_options("samples=10000001").error.why, "allowed: 1..10000000");
  EXPECT_EQ(parse_options("iterations=0").error.why, "allowed: 1..10000000");
}

TEST(Options, NumberAtEitherEndOfItsRangeIsTaken) {
  EXPECT_EQ(parse_options("period_us=10").options.period_us, 10u);
  EXPECT_EQ(parse_options("samples=10000000").options.samples, 10'000'000u);
}

TEST(Options, NumberThatWouldOverflowIsRefused) {
  EXPECT_NE(parse_options("samples=18446744073709551617").error.why, "");
}

TEST(Options, NumberWithoutDigitsIsRefused) {
  EXPECT_NE(parse_options("samples=").error.why, "");
  EXPECT_NE(parse_options("samples").error.why, "");
  EXPECT_NE(parse_options("samples=1x").error.why, "");
  EXPECT_NE(parse_options("samples=-1").error.why, "");
}

TEST(Options, UnknownIdleIsRefusedWithWhatIsAllowed) {
  EXPECT_EQ(parse_options("idle=nap").error.why, "allowed: halt, poll");
}

TEST(Options, CasesAreKeptAsTheyStand) {
  EXPECT_EQ(parse_options("exit cases=pio_write,cpuid").options.cases, "pio_write,cpuid");
  EXPECT_EQ(parse_options("exit cases=").error.why, "needs at least one case");
}

TEST(Options, TheSecondCpuMayHaveSomethingToDoBesideTheTimer) {
  const Options o = parse_options("timer beside=slow beside=console slow_us=0").options;
  EXPECT_TRUE(o.beside.slow);
  EXPECT_TRUE(o.beside.console);
  EXPECT_EQ(o.slow_us, 0u);
  EXPECT_EQ(parse_options("timer beside=disk").error.why, "allowed: slow, console, all");
  EXPECT_NE(parse_options("timer ipi beside=slow").error.why, "");
}

TEST(Options, RunsOfSpacesSeparateOnce) {
  const ParsedOptions p = parse_options("  exit   iterations=7  ");
  EXPECT_EQ(p.error.why, "");
  EXPECT_EQ(p.options.iterations, 7u);
}

TEST(TakeItem, ListIsUsedUpItemByItem) {
  std::string_view list = "a,,bc";
  EXPECT_EQ(take_item(list, ','), "a");
  EXPECT_EQ(take_item(list, ','), "bc");
  EXPECT_EQ(take_item(list, ','), "");
}

}  // namespace
}  // namespace probe
