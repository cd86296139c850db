// SPDX-License-Identifier: Apache-2.0
#include "record/host_event.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

const HostEvent sched_switch{
    .name = "sched_switch",
    .details =
        "prev_comm=my thread prev_pid=812 prev_prio=19 prev_state=R ==> next_comm=hog "
        "next_pid=900 next_prio=0"};

TEST(HostEvent, AFieldEndsAtTheNextSpace) {
  EXPECT_EQ(sched_switch.field("prev_pid"), "812");
  EXPECT_EQ(sched_switch.field("next_prio"), "0");
}

TEST(HostEvent, ANameMayHaveSpaces) { EXPECT_EQ(sched_switch.field("prev_comm"), "my thread"); }

TEST(HostEvent, AKeyIsAWholeWord) {
  EXPECT_EQ(sched_switch.field("comm"), "");
  EXPECT_EQ(sched_switch.field("pid"), "");
  EXPECT_EQ(sched_switch.field("next_state"), "");
}

}  // namespace
}  // namespace takt
