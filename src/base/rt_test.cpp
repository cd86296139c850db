// SPDX-License-Identifier: Apache-2.0
#include "base/rt.h"

#include <gtest/gtest.h>

#include <memory>
#include <thread>

namespace takt {
namespace {

TEST(RtSection, NestsAndEnds) {
  EXPECT_EQ(rt::depth(), 0);
  {
    const rt::Section outer;
    const rt::Section inner;
    EXPECT_EQ(rt::depth(), 2);
  }
  EXPECT_EQ(rt::depth(), 0);
}

TEST(RtSection, BelongsToItsThread) {
  const rt::Section section;
  int depth = -1;
  {
    const rt::Allowed start_of_a_thread;
    std::thread{[&] { depth = rt::depth(); }}.join();
  }
  EXPECT_EQ(depth, 0);
}

TEST(RtAllowed, OpensAHoleAndClosesItAgain) {
  const rt::Section section;
  {
    const rt::Allowed hole;
    EXPECT_EQ(rt::depth(), 0);
  }
  EXPECT_EQ(rt::depth(), 1);
}

}  // namespace
}  // namespace takt
