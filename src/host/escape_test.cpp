// SPDX-License-Identifier: Apache-2.0
#include "host/escape.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

using Verdict = EscapeFilter::Verdict;

TEST(EscapeFilter, PassesOrdinaryBytes) {
  EscapeFilter filter;
  EXPECT_EQ(filter.feed('x'), Verdict::pass);
}

TEST(EscapeFilter, CtrlAThenXQuits) {
  EscapeFilter filter;
  EXPECT_EQ(filter.feed(EscapeFilter::prefix), Verdict::hold);
  EXPECT_EQ(filter.feed('x'), Verdict::quit);
}

TEST(EscapeFilter, CtrlATwiceSendsOne) {
  EscapeFilter filter;
  EXPECT_EQ(filter.feed(EscapeFilter::prefix), Verdict::hold);
  EXPECT_EQ(filter.feed(EscapeFilter::prefix), Verdict::pass);
  EXPECT_EQ(filter.feed('x'), Verdict::pass);
}

TEST(EscapeFilter, AnUnknownSequenceIsDropped) {
  EscapeFilter filter;
  EXPECT_EQ(filter.feed(EscapeFilter::prefix), Verdict::hold);
  EXPECT_EQ(filter.feed('q'), Verdict::hold);
  EXPECT_EQ(filter.feed('q'), Verdict::pass);
}

}  // namespace
}  // namespace takt
