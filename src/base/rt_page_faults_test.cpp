// SPDX-License-Identifier: Apache-2.0
#include "base/rt_page_faults.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>

#include "base/rt.h"

namespace takt {
namespace {

constexpr std::size_t page = 4096;

/// Pages that are there when they are first touched, and not before.
class FreshPages {
 public:
  FreshPages() {
    void* p = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(p, bytes, MADV_NOHUGEPAGE);
    start_ = static_cast<volatile std::byte*>(p);
  }
  FreshPages(const FreshPages&) = delete;
  FreshPages& operator=(const FreshPages&) = delete;
  ~FreshPages() { ::munmap(const_cast<std::byte*>(start_), bytes); }
  void touch(std::size_t n) const { start_[n * page] = std::byte{1}; }

 private:
  static constexpr std::size_t bytes = 16 * page;
  volatile std::byte* start_ = nullptr;
};

class RtPageFaultsDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (rt::guard != rt::Guard::ends_program) GTEST_SKIP() << "no guard in this build";
  }
  void TearDown() override { rt::watch_page_faults(rt::PageFaultWatch::off); }

  static void touch_in_section(rt::PageFaultWatch how) {
    rt::watch_page_faults(how);
    const FreshPages pages;
    const rt::Section section;
    pages.touch(1);
  }

  static bool events_are_permitted() {
    rt::watch_page_faults(rt::PageFaultWatch::at_once);
    return rt::page_fault_watch() == rt::PageFaultWatch::at_once;
  }
};

TEST_F(RtPageFaultsDeathTest, TheFirstTouchOfAPageEndsTheProgramThere) {
  if (!events_are_permitted()) GTEST_SKIP() << "perf events are not permitted here";
  EXPECT_EXIT(touch_in_section(rt::PageFaultWatch::at_once), testing::KilledBySignal(SIGABRT),
              "access to 0x[0-9a-f]+000 .page fault. in a real-time section, thread "
              "base_test\n(.*\n)+.*base_test\\(");
}

TEST_F(RtPageFaultsDeathTest, WithoutEventsTheEndOfTheSectionEndsTheProgram) {
  EXPECT_EXIT(touch_in_section(rt::PageFaultWatch::at_section_end),
              testing::KilledBySignal(SIGABRT), "noticed at the section's end, .page fault.");
}

/// perf_event_open(2) fails: no descriptor is left for the event.
void watch_without_event() {
  const rlimit none{.rlim_cur = 3, .rlim_max = 3};
  ::setrlimit(RLIMIT_NOFILE, &none);
  while (::dup(STDERR_FILENO) >= 0) continue;
  rt::watch_page_faults();
  std::exit(rt::page_fault_watch() == rt::PageFaultWatch::at_section_end ? 0 : 1);
}

TEST_F(RtPageFaultsDeathTest, ThatEventsAreNotPermittedIsSaidInOneLine) {
  EXPECT_EXIT(watch_without_event(), testing::ExitedWithCode(0),
              "^takt: real-time guard: page faults are noticed at the end of a section only "
              ".perf_event_open: .*; needs CAP_PERFMON, [^\n]*\n$");
}

TEST_F(RtPageFaultsDeathTest, APageThatIsThereMayBeTouchedAndAHoleTouchesAny) {
  if (!events_are_permitted()) GTEST_SKIP() << "perf events are not permitted here";
  const FreshPages pages;
  pages.touch(1);
  const rt::Section section;
  pages.touch(1);
  {
    const rt::Allowed hole;
    pages.touch(2);
  }
  pages.touch(2);
}

TEST_F(RtPageFaultsDeathTest, NothingIsWatchedBeforeMemoryIsLocked) {
  EXPECT_EQ(rt::page_fault_watch(), rt::PageFaultWatch::off);
  const FreshPages pages;
  const rt::Section section;
  pages.touch(1);
}

}  // namespace
}  // namespace takt
