// SPDX-License-Identifier: Apache-2.0
#include "vm/life_cycle.h"

#include <gtest/gtest.h>
#include <poll.h>

namespace takt {
namespace {

bool readable(const Fd& fd) {
  pollfd p{.fd = fd.raw(), .events = POLLIN, .revents = 0};
  return ::poll(&p, 1, 0) == 1;
}

TEST(LifeCycle, RunsUntilTheFirstRequest) {
  auto life = LifeCycle::create();
  ASSERT_TRUE(life);
  EXPECT_FALSE(life->ended());
  EXPECT_FALSE(readable(life->event()));
  life->request_power_off();
  EXPECT_TRUE(life->ended());
  EXPECT_TRUE(readable(life->event()));
}

TEST(LifeCycle, TheFirstRequestCounts) {
  auto life = LifeCycle::create();
  life->request_debug_exit(7);
  life->request_reset();
  EXPECT_EQ(life->outcome().ending, Ending::debug_exit);
  EXPECT_EQ(life->outcome().value, 7u);
}

TEST(ExitStatus, FollowsTheTableInTheReadme) {
  EXPECT_EQ(exit_status({Ending::power_off}), 0);
  EXPECT_EQ(exit_status({Ending::quit}), 0);
  EXPECT_EQ(exit_status({Ending::reset}), 4);
  EXPECT_EQ(exit_status({Ending::crash}), 6);
  EXPECT_EQ(exit_status({Ending::internal_error}), 8);
  EXPECT_EQ(exit_status({Ending::interrupted, 2}), 130);
  EXPECT_EQ(exit_status({Ending::terminated, 15}), 143);
}

TEST(ExitStatus, OfADebugExitIsOdd) {
  EXPECT_EQ(exit_status({Ending::debug_exit, 0}), 1);
  EXPECT_EQ(exit_status({Ending::debug_exit, 0x10}), 33);
  EXPECT_EQ(exit_status({Ending::debug_exit, 0xff}), 255);
}

}  // namespace
}  // namespace takt
