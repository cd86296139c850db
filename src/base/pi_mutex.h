// SPDX-License-Identifier: Apache-2.0
// The only lock in takt: priority inheritance, visible to clang's thread-safety analysis.
// There is no condition variable beside it on purpose: glibc's are not aware of priority
// inheritance and the pair can dead-lock. Wake-ups are eventfds.
#pragma once

#include <atomic>
#include <cstdint>

#if defined(__clang__)
#define CAPABILITY(x) __attribute__((capability(x)))
#define SCOPED_CAPABILITY __attribute__((scoped_lockable))
#define GUARDED_BY(x) __attribute__((guarded_by(x)))
#define ACQUIRE(...) __attribute__((acquire_capability(__VA_ARGS__)))
#define RELEASE(...) __attribute__((release_capability(__VA_ARGS__)))
#define REQUIRES(...) __attribute__((requires_capability(__VA_ARGS__)))
#define NO_THREAD_SAFETY_ANALYSIS __attribute__((no_thread_safety_analysis))
#else
#define CAPABILITY(x)
#define SCOPED_CAPABILITY
#define GUARDED_BY(x)
#define ACQUIRE(...)
#define RELEASE(...)
#define REQUIRES(...)
#define NO_THREAD_SAFETY_ANALYSIS
#endif

namespace takt {

/// A futex with priority inheritance (futex(2), FUTEX_LOCK_PI): a holder runs at the priority of
/// the highest waiter. Taking and releasing it uncontended is one atomic instruction each; a
/// pthread mutex of that protocol takes ten times as many. Not recursive. Hold it for a bounded
/// number of instructions only, never across a system call that can block.
class CAPABILITY("mutex") PiMutex {
 public:
  PiMutex() = default;
  PiMutex(const PiMutex&) = delete;
  PiMutex& operator=(const PiMutex&) = delete;
  void lock() noexcept ACQUIRE();
  void unlock() noexcept RELEASE();

 private:
  std::atomic<std::uint32_t> word_ = 0;  // 0, or the owner's thread id and FUTEX_WAITERS
};

class SCOPED_CAPABILITY PiLock {
 public:
  explicit PiLock(PiMutex& mutex) ACQUIRE(mutex) : mutex_{mutex} { mutex_.lock(); }
  ~PiLock() RELEASE() { mutex_.unlock(); }
  PiLock(const PiLock&) = delete;
  PiLock& operator=(const PiLock&) = delete;

 private:
  PiMutex& mutex_;
};

}  // namespace takt
