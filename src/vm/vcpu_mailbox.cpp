// SPDX-License-Identifier: Apache-2.0
#include "vm/vcpu_mailbox.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace takt {
namespace {

using Clock = std::chrono::steady_clock;

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

/// futex(2): returns when the word is not `value`, on a wake-up, a signal, or after `timeout`.
void wait_while(const std::atomic<std::uint32_t>& word, std::uint32_t value,
                const timespec* timeout) RT {
  ::syscall(SYS_futex, &word, FUTEX_WAIT_PRIVATE, value, timeout, nullptr, 0);
}

void wake_all(const std::atomic<std::uint32_t>& word) RT {
  ::syscall(SYS_futex, &word, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

timespec to_timespec(std::chrono::nanoseconds ns) {
  constexpr std::int64_t second = 1'000'000'000;
  return {.tv_sec = ns.count() / second, .tv_nsec = ns.count() % second};
}

}  // namespace

bool VcpuMailbox::change(Word from, Word to) RT {
  std::uint32_t expected = from;
  if (!word_.compare_exchange_strong(expected, to)) return false;
  wake_all(word_);
  return true;
}

void VcpuMailbox::park() RT {
  if (!change(asked, parked)) return;  // released already
  while (word_.load() == parked) wait_while(word_, parked, nullptr);
}

void VcpuMailbox::leave() RT {
  word_.store(left);
  wake_all(word_);
}

void VcpuMailbox::ask() RT { change(running, asked); }

void VcpuMailbox::release() RT {
  if (!change(asked, running)) change(parked, running);
}

bool VcpuMailbox::wait_parked(std::chrono::milliseconds timeout) const {
  const auto end = Clock::now() + timeout;
  while (true) {
    const std::uint32_t word = word_.load();
    if (word == parked || word == left) return true;
    const auto remaining = end - Clock::now();
    if (remaining <= Clock::duration::zero()) return false;
    const timespec wait = to_timespec(remaining);
    wait_while(word_, word, &wait);
  }
}

}  // namespace takt
