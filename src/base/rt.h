// SPDX-License-Identifier: Apache-2.0
// Real-time marks and guards.
//
// `RT` on a function promises: no allocation, no lock that a thread of lower priority can hold
// without inheritance, no blocking system call, no throw, bounded time. The promise is checked at
// run time in builds with TAKT_RT_GUARD (all but release): inside an rt::Section the global
// operator new aborts with a message (base/rt_new.cpp, linked into takt and the unit tests).
#pragma once

#if defined(__clang__) && __clang_major__ >= 20
#define RT noexcept [[clang::nonblocking]]
#else
#define RT noexcept
#endif

namespace takt::rt {

/// How many sections the calling thread is in.
[[nodiscard]] int depth() noexcept;

/// Marks the life of this object as real-time for the calling thread. Nests.
class Section {
 public:
  Section() noexcept;
  ~Section();
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;
};

/// A named hole in a Section, for the way out: an ordered stop may allocate and log.
class Allowed {
 public:
  Allowed() noexcept;
  ~Allowed();
  Allowed(const Allowed&) = delete;
  Allowed& operator=(const Allowed&) = delete;

 private:
  int saved_;
};

}  // namespace takt::rt
