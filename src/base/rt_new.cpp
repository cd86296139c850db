// SPDX-License-Identifier: Apache-2.0
// Replaces the global operator new by one that aborts inside an rt::Section.
#include <cstdlib>
#include <new>

#include "base/result.h"
#include "base/rt.h"

namespace {

void* checked_alloc(std::size_t size) noexcept {
  if (takt::rt::depth() > 0) VMM_BUG("allocation inside a real-time section");
  return std::malloc(size == 0 ? 1 : size);
}

void* alloc_or_die(std::size_t size) noexcept {
  void* p = checked_alloc(size);
  if (p == nullptr) VMM_BUG("out of memory");
  return p;
}

}  // namespace

void* operator new(std::size_t size) { return alloc_or_die(size); }
void* operator new[](std::size_t size) { return alloc_or_die(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return checked_alloc(size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept {
  return checked_alloc(size);
}
void operator delete(void* p) noexcept { std::free(p); }
void operator delete[](void* p) noexcept { std::free(p); }
void operator delete(void* p, std::size_t) noexcept { std::free(p); }
void operator delete[](void* p, std::size_t) noexcept { std::free(p); }
