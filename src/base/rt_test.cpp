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

#if !defined(__SANITIZE_ADDRESS__) && !defined(__has_feature)
TEST(RtSectionDeathTest, AllocatingInsideASectionAborts) {
  const auto allocate_in_section = [] {
    const rt::Section section;
    [[maybe_unused]] volatile auto* p = new int{1};
  };
  EXPECT_DEATH(allocate_in_section(), "allocation inside a real-time section");
}
#endif

}  // namespace
}  // namespace takt
