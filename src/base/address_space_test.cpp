// SPDX-License-Identifier: Apache-2.0
#include "base/address_space.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "base/rt.h"
#include "base/rt_guard.h"

namespace takt {
namespace {

class FrozenAddressSpaceDeathTest : public testing::Test {
 protected:
  void SetUp() override {
    if (rt::guard != rt::Guard::ends_program) GTEST_SKIP() << "no guard in this build";
  }

  template <class Bad>
  static void expect_end(Bad bad, const std::string& call) {
    const auto while_frozen = [&] {
      reserve_heap();
      const FrozenAddressSpace frozen;
      bad();
    };
    const std::string line = call + " .address space. while the address space is frozen, thread";
    EXPECT_EXIT(while_frozen(), testing::KilledBySignal(SIGABRT), line);
  }
};

void* map_a_page() { return ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }

TEST_F(FrozenAddressSpaceDeathTest, AnyThreadThatMapsEndsTheProgram) {
  expect_end([] { map_a_page(); }, "mmap");
  void* const before = map_a_page();
  expect_end([before] { ::munmap(before, 4096); }, "munmap");
  expect_end([before] { ::mprotect(before, 4096, PROT_NONE); }, "mprotect");
  expect_end([before] { ::madvise(before, 4096, MADV_DONTNEED); }, "madvise");
  expect_end([] { std::thread{[] {}}.join(); }, "pthread_create");
  expect_end([] { ::fork(); }, "fork");
  ::munmap(before, 4096);
}

TEST_F(FrozenAddressSpaceDeathTest, AHoleInASectionDoesNotThawIt) {
  const auto in_hole = [] {
    const rt::Section section;
    const rt::Allowed hole;
    map_a_page();
  };
  expect_end(in_hole, "mmap");
}

TEST_F(FrozenAddressSpaceDeathTest, TheHeapMayNotGrowBeyondItsReserve) {
  const auto allocate_too_much = [] {
    for (int i = 0; i < 64; ++i) std::vector<char>(i % 2 == 0 ? heap_reserve_bytes * 2 : 1);
  };
  expect_end(allocate_too_much, "malloc");
}

TEST_F(FrozenAddressSpaceDeathTest, ABlockWithAMappingOfItsOwnMayNotBeFreed) {
  const auto free_large = [] {
    void* volatile large = std::malloc(4 << 20);  // before reserve_heap(): mapped
    reserve_heap();
    const FrozenAddressSpace frozen;
    std::free(large);
  };
  EXPECT_EXIT(free_large(), testing::KilledBySignal(SIGABRT), "free .address space.");
}

TEST_F(FrozenAddressSpaceDeathTest, WhatTheGuardDoesNotSeeShowsInTheListOfMappings) {
  const auto map_by_number = [] {
    ::syscall(SYS_mmap, nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  };
  expect_end(map_by_number, "a mapping changed: [0-9a-f]+-.*");
}

// Not a child process: reserve_heap() is for the rest of this program's life, and harmless.
TEST(FrozenAddressSpace, AllocatingWithinTheReservePassesAndSoDoesTheEnd) {
  reserve_heap();
  {
    const FrozenAddressSpace frozen;
    std::vector<std::string> many;
    for (int i = 0; i < 1000; ++i) many.emplace_back(1000, 'x');
    const std::vector<char> above_the_usual_threshold_of_mmap(512 * 1024);
  }
  ::munmap(map_a_page(), 4096);
  EXPECT_EQ(rt::breaches(rt::Breach::address_space), 0u);
}

TEST(FrozenAddressSpace, FreedMemoryIsKept) {
  if (rt::guard == rt::Guard::absent) GTEST_SKIP() << "sanitizers have a heap of their own";
  reserve_heap();
  void* const end = ::sbrk(0);
  void* volatile block = std::malloc(heap_reserve_bytes - (1 << 20));
  std::free(block);
  EXPECT_EQ(::sbrk(0), end);
}

}  // namespace
}  // namespace takt
