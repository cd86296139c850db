// SPDX-License-Identifier: Apache-2.0
// The heap, for the real-time guard: malloc(3) and its kin, and so operator new and delete, which
// are made of them. They go on to glibc's own under its second names ("Replacing malloc", glibc
// manual 3.2.5): dlsym(3) may allocate.
#include <malloc.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "base/rt_guard_next.h"

extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);
void __libc_free(void*);
}

namespace {

using takt::rt::Breach;
using takt::rt::frozen_heap_end;

void look(const char* call) noexcept { takt::rt::look(Breach::heap, call); }

/// The heap grows inside glibc, where it cannot be watched: look at what has become of it. A block
/// above its end is a mapping of its own.
void look_at_growth(const char* call, void* end, void* block) noexcept {
  void* const now = ::sbrk(0);
  if (now != end) frozen_heap_end.compare_exchange_strong(end, now);
  if (now != end || block > now) takt::rt::breach(Breach::address_space, call);
}

void* checked(const char* call, void* block) noexcept {
  void* const end = frozen_heap_end.load(std::memory_order_relaxed);
  if (end != nullptr) [[unlikely]]
    look_at_growth(call, end, block);
  return block;
}

}  // namespace

extern "C" {

void* malloc(size_t size) noexcept {
  look("malloc");
  return checked("malloc", __libc_malloc(size));
}

void* calloc(size_t count, size_t size) noexcept {
  look("calloc");
  return checked("calloc", __libc_calloc(count, size));
}

void* realloc(void* old, size_t size) noexcept {
  look("realloc");
  return checked("realloc", __libc_realloc(old, size));
}

void* memalign(size_t alignment, size_t size) noexcept {
  look("memalign");
  return checked("memalign", __libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) noexcept {
  look("aligned_alloc");
  return checked("aligned_alloc", __libc_memalign(alignment, size));
}

int posix_memalign(void** block, size_t alignment, size_t size) noexcept {
  look("posix_memalign");
  if (alignment % sizeof(void*) != 0 || (alignment & (alignment - 1)) != 0 || alignment == 0)
    return EINVAL;
  void* const p = checked("posix_memalign", __libc_memalign(alignment, size));
  if (p == nullptr) return ENOMEM;
  *block = p;
  return 0;
}

void free(void* block) noexcept {
  if (block == nullptr) return;
  look("free");
  __libc_free(checked("free", block));
}

}  // extern "C"
