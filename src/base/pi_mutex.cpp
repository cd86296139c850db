// SPDX-License-Identifier: Apache-2.0
#include "base/pi_mutex.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/result.h"

namespace takt {
namespace {

std::uint32_t own_tid() noexcept {
  thread_local std::uint32_t tid = 0;  // asked for once: the lock is on every exit's path
  if (tid == 0) tid = static_cast<std::uint32_t>(::syscall(SYS_gettid));
  return tid;
}

void futex(std::atomic<std::uint32_t>& word, int operation) noexcept {
  while (::syscall(SYS_futex, &word, operation | FUTEX_PRIVATE_FLAG, 0, nullptr, nullptr, 0) != 0)
    if (errno != EINTR && errno != EAGAIN) VMM_BUG("a priority-inheritance futex failed");
}

}  // namespace

void PiMutex::lock() noexcept {
  std::uint32_t free = 0;
  if (word_.compare_exchange_strong(free, own_tid(), std::memory_order_acquire)) [[likely]]
    return;
  futex(word_, FUTEX_LOCK_PI);
  word_.load(std::memory_order_acquire);  // the kernel wrote our tid: see what the last owner did
}

void PiMutex::unlock() noexcept {
  std::uint32_t mine = own_tid();
  if (word_.compare_exchange_strong(mine, 0, std::memory_order_release)) [[likely]]
    return;
  word_.fetch_or(0, std::memory_order_release);
  futex(word_, FUTEX_UNLOCK_PI);
}

}  // namespace takt
