// SPDX-License-Identifier: Apache-2.0
// Real-time marks.
//
// `RT` on a function promises: no allocation, no lock that a thread of lower priority can hold
// without inheritance, no blocking system call, no throw, bounded time. The promise is checked
// where the code runs, by the guards of base/rt_guard.h: what a thread must not do inside an
// rt::Section ends the program in builds with TAKT_RT_GUARD, and is counted in all others.
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define RT noexcept [[clang::nonblocking]]
#else
#define RT noexcept
#endif

namespace takt::rt {

/// How many sections the calling thread is in.
[[nodiscard]] int depth() noexcept;

/// Marks the life of this object as real-time for the calling thread. Nests. In guard builds the
/// outermost one makes system calls (base/rt_page_faults.h); in others it is one increment.
class Section {
 public:
  Section() noexcept;
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
};

/// A hole in a Section; the variable's name says what for. An ordered stop may allocate and log,
/// a server of a terminal may write to it. It does not thaw the address space.
class Allowed {
 public:
  Allowed() noexcept;
  ~Allowed();
  Allowed(const Allowed&) = delete;
  Allowed& operator=(const Allowed&) = delete;

 private:
  int saved_;
};

/// The hole around the one call in which a server waits for work.
using Idle = Allowed;

}  // namespace takt::rt
