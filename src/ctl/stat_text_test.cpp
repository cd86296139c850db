// SPDX-License-Identifier: Apache-2.0
#include "ctl/stat_text.h"

#include <gtest/gtest.h>

#include "ctl/fake_vm.h"

namespace takt::ctl {
namespace {

TEST(StatText, ShowsWhoWasLateWhenAndByWhichAccess) {
  const auto text = stat_text(to_json(some_statistics()));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("fake: running, up 2.0 s"), std::string::npos) << *text;
  EXPECT_NE(text->find("5.0      1.500  write 0x3f8"), std::string::npos) << *text;
  EXPECT_NE(text->find("fifo       80"), std::string::npos) << *text;
}

TEST(StatText, RatesAreThoseSinceTheAnswerBefore) {
  Statistics now = some_statistics();
  Statistics before = now;
  before.now = 1'500'000'000;
  before.vcpus[0].kinds.clear();
  const auto text = stat_text(to_json(now), to_json(before));
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("vcpu0           pio                   6"), std::string::npos) << *text;
}

TEST(StatText, OfNoStatisticsIsNone) {
  EXPECT_FALSE(stat_text(""));
  EXPECT_FALSE(stat_text("[1]"));
  EXPECT_FALSE(stat_text("{}"));
}

TEST(StatText, ValuesOfAnotherKindAreNothing) {
  const auto text = stat_text(R"({"vcpus": [1, {"name": 2, "exits": {"pio": {"count": "x"}}}]})");
  ASSERT_TRUE(text);
  EXPECT_NE(text->find("pio"), std::string::npos);
}

}  // namespace
}  // namespace takt::ctl
