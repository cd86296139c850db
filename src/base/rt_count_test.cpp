// SPDX-License-Identifier: Apache-2.0
// The guards as they are in builds for users: they count. Made of the guards' own sources, without
// TAKT_RT_GUARD.
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdlib>
#include <mutex>

#include "base/address_space.h"
#include "base/rt.h"
#include "base/rt_guard.h"

namespace takt {
namespace {

static_assert(rt::guard == rt::Guard::counts);

/// How many breaches of `kind` there are when `bad` runs in a section.
template <class Bad>
std::uint64_t counted(rt::Breach kind, Bad bad) {
  const std::uint64_t before = rt::breaches(kind);
  {
    const rt::Section section;
    bad();
  }
  return rt::breaches(kind) - before;
}

TEST(RtCount, AllocationsAndFrees) {
  EXPECT_EQ(counted(rt::Breach::heap, [] { ::operator delete(::operator new(8)); }), 2u);
  void* volatile block = nullptr;
  EXPECT_EQ(counted(rt::Breach::heap, [&] { block = std::malloc(8); }), 1u);
  std::free(block);
}

TEST(RtCount, ANewAndItsDeleteOutsideASectionAreNotCounted) {
  const std::uint64_t before = rt::breaches(rt::Breach::heap);
  ::operator delete(::operator new(8));
  EXPECT_EQ(rt::breaches(rt::Breach::heap), before);
}

TEST(RtCount, LocksThatAreNotPiMutexes) {
  std::mutex mutex;
  EXPECT_EQ(counted(rt::Breach::lock, [&] { const std::lock_guard lock{mutex}; }), 1u);
}

TEST(RtCount, BlockingCalls) {
  EXPECT_EQ(counted(rt::Breach::blocking_call, [] { ::usleep(1); }), 1u);
}

TEST(RtCount, ChangesOfAFrozenAddressSpace) {
  const auto change = [] {
    const FrozenAddressSpace frozen;
    void* p = ::mmap(nullptr, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::munmap(p, 4096);
  };
  const std::uint64_t before = rt::breaches(rt::Breach::address_space);
  change();
  EXPECT_EQ(rt::breaches(rt::Breach::address_space) - before, 2u);
}

}  // namespace
}  // namespace takt
