// SPDX-License-Identifier: Apache-2.0
#include "base/cpu_list.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(CpuList, ParsesNumbersAndRanges) {
  const auto list = CpuList::parse("0,2-3");
  ASSERT_TRUE(list);
  EXPECT_TRUE(list->contains(0));
  EXPECT_FALSE(list->contains(1));
  EXPECT_TRUE(list->contains(3));
  EXPECT_EQ(list->count(), 3);
}

TEST(CpuList, TextIsTheShortestForm) {
  EXPECT_EQ(CpuList::parse("3,2,0")->text(), "0,2-3");
  EXPECT_EQ(CpuList{}.text(), "");
}

TEST(CpuList, RefusesWhatIsNotAList) {
  for (const char* text : {"", "a", "1-", "3-1", "1,,2", "-1", "1024", "1 2"}) {
    const auto list = CpuList::parse(text);
    ASSERT_FALSE(list) << text;
    EXPECT_EQ(list.error().blame, Blame::usage);
    EXPECT_NE(list.error().text.find("is not a list of CPUs"), std::string::npos);
  }
}

TEST(CpuList, NamesTheFirstCpuThatIsMissingElsewhere) {
  EXPECT_EQ(CpuList::parse("0,5")->first_not_in(*CpuList::parse("0-4")), 5);
  EXPECT_EQ(CpuList::parse("0,4")->first_not_in(*CpuList::parse("0-4")), -1);
}

TEST(CpuList, ThisMachineHasAnOnlineCpu) { EXPECT_GE(CpuList::online().count(), 1); }

}  // namespace
}  // namespace takt
