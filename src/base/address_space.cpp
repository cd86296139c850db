// SPDX-License-Identifier: Apache-2.0
#include "base/address_space.h"

#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>

#include "base/rt_guard.h"

namespace takt {
namespace {

/// One line for each mapping but the main thread's stack, which the kernel grows by itself.
std::string read_mappings() {
  std::string all;
  std::ifstream maps{"/proc/self/maps"};
  for (std::string line; std::getline(maps, line);)
    if (!line.ends_with("[stack]")) all += line + '\n';
  return all;
}

/// The first line of `now` that is not in `before`; the first that has gone, if there is none.
std::string difference(const std::string& before, const std::string& now) {
  const auto at = std::ranges::mismatch(before, now);
  const auto index = static_cast<std::size_t>(at.in2 - now.begin());
  const std::string& from = index < now.size() ? now : before;
  const std::size_t start = from.rfind('\n', index) + 1;  // npos + 1 is 0
  return from.substr(start, from.find('\n', index) - start);
}

}  // namespace

void reserve_heap(std::size_t bytes) noexcept {
  ::mallopt(M_ARENA_MAX, 1);  // other arenas are mapped, and grow by mprotect
  ::mallopt(M_MMAP_MAX, 0);
  ::mallopt(M_TRIM_THRESHOLD, -1);
  ::mallopt(M_TOP_PAD, 1 << 20);
  void* volatile block = std::malloc(bytes);  // volatile: the pair has an effect
  std::free(block);
}

FrozenAddressSpace::FrozenAddressSpace() {
  if constexpr (rt::guard == rt::Guard::absent) return;  // sanitizers map as they like
  mappings_ = read_mappings();
  rt::frozen_heap_end.store(::sbrk(0), std::memory_order_relaxed);
}

FrozenAddressSpace::~FrozenAddressSpace() {
  if constexpr (rt::guard == rt::Guard::absent) return;
  rt::frozen_heap_end.store(nullptr, std::memory_order_relaxed);
  const std::string now = read_mappings();
  if (now != mappings_)
    rt::breach(rt::Breach::address_space, "a mapping changed: " + difference(mappings_, now));
}

}  // namespace takt
