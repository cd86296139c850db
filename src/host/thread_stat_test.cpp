// SPDX-License-Identifier: Apache-2.0
#include "host/thread_stat.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/thread.h"

namespace takt {
namespace {

TEST(SchedStat, TheSecondNumberIsTheDelayAndTheThirdHowManyWaits) {
  const auto delay = parse_schedstat("123456 7890 42\n");
  ASSERT_TRUE(delay);
  EXPECT_EQ(delay->ns, 7890u);
  EXPECT_EQ(delay->waits, 42u);
  EXPECT_FALSE(parse_schedstat(""));
  EXPECT_FALSE(parse_schedstat("1 2"));
  EXPECT_FALSE(parse_schedstat("1 -2 3"));
}

TEST(ThreadStat, ANameWithParenthesesDoesNotMoveTheFields) {
  const auto faults =
      parse_stat_faults("812 (a) S 9 (b) R 1 812 812 0 -1 4194304 77 0 3 0 5 6 0 0\n");
  ASSERT_TRUE(faults);
  EXPECT_EQ(faults->minor, 77u);
  EXPECT_EQ(faults->major, 3u);
  EXPECT_FALSE(parse_stat_faults("812 (a) S 1"));
  EXPECT_FALSE(parse_stat_faults("nonsense"));
}

TEST(ThreadStat, CountsTheFaultsOfALivingThread) {
  const auto stat = ThreadStat::open(current_tid());
  ASSERT_TRUE(stat);
  const auto before = stat->page_faults();
  constexpr std::size_t pages = 32;
  const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* fresh =
      ::mmap(nullptr, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  ASSERT_NE(fresh, MAP_FAILED);
  ::madvise(fresh, pages * page, MADV_NOHUGEPAGE);
  for (std::size_t n = 0; n < pages; ++n) static_cast<volatile char*>(fresh)[n * page] = 1;
  const auto after = stat->page_faults();
  ::munmap(fresh, pages * page);
  ASSERT_TRUE(before && after);
  EXPECT_GE(after->minor - before->minor, pages);
}

TEST(ThreadStat, AThreadThatIsNotThereIsAnError) {
  EXPECT_FALSE(ThreadStat::open(1, "/nonexistent"));
}

}  // namespace
}  // namespace takt
