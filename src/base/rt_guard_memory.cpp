// SPDX-License-Identifier: Apache-2.0
// Calls that change the address space, for the real-time guard and for base/address_space.h.
#include <dlfcn.h>
#include <pthread.h>
#include <spawn.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdarg>
#include <cstdint>
#include <cstdlib>

#include "base/rt_guard_next.h"

using takt::rt::look_at_change;
using takt::rt::Next;

TAKT_WATCH(look_at_change, void*, mmap,
           (void* at, size_t bytes, int protection, int flags, int fd, off_t offset),
           (at, bytes, protection, flags, fd, offset), noexcept)
TAKT_WATCH(look_at_change, void*, mmap64,
           (void* at, size_t bytes, int protection, int flags, int fd, off64_t offset),
           (at, bytes, protection, flags, fd, offset), noexcept)
TAKT_WATCH(look_at_change, int, munmap, (void* at, size_t bytes), (at, bytes), noexcept)
TAKT_WATCH(look_at_change, int, mprotect, (void* at, size_t bytes, int protection),
           (at, bytes, protection), noexcept)
TAKT_WATCH(look_at_change, int, madvise, (void* at, size_t bytes, int advice), (at, bytes, advice),
           noexcept)
TAKT_WATCH(look_at_change, int, mlock, (const void* at, size_t bytes), (at, bytes), noexcept)
TAKT_WATCH(look_at_change, int, munlock, (const void* at, size_t bytes), (at, bytes), noexcept)
TAKT_WATCH(look_at_change, int, mlockall, (int flags), (flags), noexcept)
TAKT_WATCH(look_at_change, int, munlockall, (), (), noexcept)
TAKT_WATCH(look_at_change, int, malloc_trim, (size_t pad), (pad), noexcept)
TAKT_WATCH(look_at_change, int, brk, (void* end), (end), noexcept)
TAKT_WATCH(look_at_change, void*, dlopen, (const char* file, int mode), (file, mode), noexcept)

// A thread's stack is mapped. A fork makes every page read-only until it is copied.
TAKT_WATCH(look_at_change, int, pthread_create,
           (pthread_t * thread, const pthread_attr_t* attr, void* (*body)(void*), void* argument),
           (thread, attr, body, argument), noexcept)
TAKT_WATCH(look_at_change, pid_t, fork, (), (), noexcept)
TAKT_WATCH(look_at_change, int, system, (const char* command), (command))
TAKT_WATCH(look_at_change, int, posix_spawn,
           (pid_t * pid, const char* path, const posix_spawn_file_actions_t* actions,
            const posix_spawnattr_t* attr, char* const argv[], char* const envp[]),
           (pid, path, actions, attr, argv, envp))

extern "C" void* mremap(void* at, size_t bytes, size_t new_bytes, int flags, ...) noexcept {
  static constinit Next<void*(void*, size_t, size_t, int, ...)> next{"mremap"};
  look_at_change("mremap");
  va_list rest;
  va_start(rest, flags);
  void* const wanted = (flags & MREMAP_FIXED) != 0 ? va_arg(rest, void*) : nullptr;
  va_end(rest);
  return next.get()(at, bytes, new_bytes, flags, wanted);
}

/// sbrk(0) only asks.
extern "C" void* sbrk(intptr_t bytes) noexcept {
  static constinit Next<void*(intptr_t)> next{"sbrk"};
  if (bytes != 0) look_at_change("sbrk");
  return next.get()(bytes);
}
