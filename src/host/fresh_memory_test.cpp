// SPDX-License-Identifier: Apache-2.0
#include "host/fresh_memory.h"

#include <gtest/gtest.h>

#include "base/thread.h"
#include "host/thread_stat.h"

namespace takt {
namespace {

std::uint64_t faults_of_touching(FreshMemory& memory, unsigned pages, const ThreadStat& stat) {
  const auto before = stat.page_faults();
  memory.touch(pages);
  return stat.page_faults()->minor - before->minor;
}

TEST(FreshMemory, FaultsEachTimeThatItIsTouched) {
  FreshMemory memory;
  ASSERT_TRUE(memory.reserve());
  const auto stat = ThreadStat::open(current_tid());
  ASSERT_TRUE(stat);
  EXPECT_GE(faults_of_touching(memory, 64, *stat), 64u);
  EXPECT_GE(faults_of_touching(memory, 64, *stat), 64u);
}

TEST(FreshMemory, HasOnlySoManyPages) {
  FreshMemory memory;
  memory.touch(5);  // nothing is reserved
  ASSERT_TRUE(memory.reserve());
  memory.touch(FreshMemory::most_pages + 1);
}

}  // namespace
}  // namespace takt
