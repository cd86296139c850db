// SPDX-License-Identifier: Apache-2.0
#include "bus/access_rules.h"

#include <gtest/gtest.h>

#include <array>

namespace takt {
namespace {

constexpr std::array<AccessRule, 2> two_registers{{
    {.first = 0x0, .last = 0x3, .read = Run::in_line, .write = Run::posted},
    {.first = 0x8, .last = 0xb, .read = Run::synchronous, .write = Run::eventfd},
}};
constexpr AccessRules rules{two_registers};

TEST(AccessRules, ARegisterRunsAsItsRuleSays) {
  EXPECT_EQ(rules.read(0x0, 4), Run::in_line);
  EXPECT_EQ(rules.write(0x0, 4), Run::posted);
  EXPECT_EQ(rules.write(0x8, 4), Run::eventfd);
}

TEST(AccessRules, APartOfARegisterRunsAsTheWhole) {
  EXPECT_EQ(rules.read(0x3, 1), Run::in_line);
  EXPECT_EQ(rules.write(0x2, 2), Run::posted);
}

TEST(AccessRules, WhatIsNotInsideOneRuleIsSynchronous) {
  EXPECT_EQ(rules.read(0x3, 2), Run::synchronous);
  EXPECT_EQ(rules.write(0x0, 8), Run::synchronous);
  EXPECT_EQ(rules.write(0x4, 4), Run::synchronous);
  EXPECT_EQ(rules.write(~0ull, 1), Run::synchronous);
}

TEST(AccessRules, AModelWithoutRulesIsSynchronous) {
  EXPECT_EQ(AccessRules{}.read(0, 1), Run::synchronous);
}

}  // namespace
}  // namespace takt
