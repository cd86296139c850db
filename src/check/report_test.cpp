// SPDX-License-Identifier: Apache-2.0
// The report: what each row has, its two forms, and hosts of which little is known.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "check/test_host.h"

namespace takt::check {
namespace {

TEST(HostWithoutKvm, FailsAndDeliversNothing) {
  const TunedX86 host;
  host.has("takt/kvm", "problem open /dev/kvm: No such file or directory\n");
  EXPECT_EQ(host.verdict("kvm"), "FAIL");
  EXPECT_EQ(host.value("kvm"), "open /dev/kvm: No such file or directory");
  EXPECT_EQ(host.verdict("kvm-needed"), "n.a.");
  EXPECT_EQ(host.delivery(event::timer).mechanism, "none: no KVM");
  EXPECT_EQ(host.report().status(), 1);
}

TEST(HostOfWhichNothingIsKnown, IsApprovedInNothing) {
  for (const char* machine : {"x86_64", "aarch64"}) {
    TestHost host;
    host.has("takt/machine", machine);
    EXPECT_EQ(names(host.report(), Verdict::pass), std::vector<std::string>{}) << machine;
  }
}

TEST(EachRow, SaysWhyAndWhatToDo) {
  const TunedX86 x86;
  const TunedArm64 arm64;
  for (const Report& report : {x86.report(), arm64.report()})
    for (const Row& row : report.rows) {
      EXPECT_FALSE(row.why.empty() || row.fix.empty() || row.value.empty()) << row.name;
      EXPECT_EQ(std::ranges::count(report.rows, row.name, &Row::name), 1) << row.name;
      EXPECT_FALSE(row.fix.contains('@')) << row.name;
    }
}

TEST(Json, ParsesAndHasEachRow) {
  const UntunedX86 host;
  const Report report = host.report();
  const auto json = nlohmann::json::parse(to_json(report), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["format"], 1);
  EXPECT_EQ(json["host"]["machine"], "x86_64");
  EXPECT_EQ(json["rows"].size(), report.rows.size());
  EXPECT_EQ(json["summary"]["fail"], report.count(Verdict::fail));
  EXPECT_EQ(json["delivery"].size(), 7u);
  EXPECT_EQ(json["rows"][0]["name"], "preempt-rt");
  EXPECT_EQ(json["rows"][0]["verdict"], "FAIL");
}

TEST(Text, FitsIn120ColumnsAndBeginsWithWhatFails) {
  const UntunedX86 host;
  const std::string text = to_text(host.report(), false);
  for (const std::string_view line : lines_of(text)) EXPECT_LE(line.size(), 120u) << line;
  EXPECT_TRUE(lines_of(text)[1].starts_with("FAIL ("));
  EXPECT_FALSE(text.contains('\x1b'));
}

TEST(Text, HasColourOnlyWhenAsked) {
  const UntunedX86 host;
  EXPECT_TRUE(to_text(host.report(), true).contains("\x1b[1;31mFAIL\x1b[0m"));
}

TEST(Text, NothingThatAFileSaysReachesTheTerminal) {
  const TunedX86 host;
  host.has("sys/devices/system/clocksource/clocksource0/current_clocksource", "\x1b[2J\xff\n");
  EXPECT_EQ(host.value("clocksource"), "?[2J?");
}

TEST(RecordedHost, MustBeADirectoryOfAKnownMachine) {
  const auto none = recorded_host("/nonexistent");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().text, "root: /nonexistent is not a directory");
  EXPECT_EQ(none.error().blame, Blame::usage);
  TestHost host;
  EXPECT_FALSE(recorded_host(host.root()));
  host.has("takt/machine", "riscv64\n");
  EXPECT_FALSE(recorded_host(host.root()));
}

}  // namespace
}  // namespace takt::check
