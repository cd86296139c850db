// SPDX-License-Identifier: Apache-2.0
#include "boot/user_string.h"

#include <gtest/gtest.h>

#include "boot/test_result.h"

namespace takt {
namespace {

TEST(CheckString, TakesAsManyBytesAsThereIsRoomFor) {
  EXPECT_TRUE(accepted(check_string("quiet", 5, "command line")));
  EXPECT_TRUE(refused(check_string("quiet!", 5, "command line"),
                      "the command line has 6 bytes; this kernel takes at most 5"));
}

TEST(CheckString, AZeroInsideIsRefused) {
  EXPECT_TRUE(refused(check_string({"a\0b", 3}, 10, "command line"),
                      "the command line has a zero byte in it; remove it"));
}

}  // namespace
}  // namespace takt
