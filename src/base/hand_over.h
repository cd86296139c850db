// SPDX-License-Identifier: Apache-2.0
// One thread waits until another has done something for it, and lends it its priority meanwhile.
//
// A plain futex or an eventfd does not lend: a real-time thread that waits for a server of lower
// priority would wait for everything in between. Here the server holds, while it owes an answer, a
// priority-inheritance lock that the client takes: the kernel then runs the server at the priority
// of the highest client (futex(2), FUTEX_LOCK_PI). There are two locks, used in turn, so that the
// server has the next one in its hands before it lets go of this one.
#pragma once

#include <array>
#include <cstddef>

#include "base/pi_mutex.h"
#include "base/rt.h"

namespace takt {

/// Between one client thread and one server thread. The k-th wait() of the client returns after the
/// k-th done() of the server.
class HandOver {
 public:
  /// The server's thread, once, before the client's first wait().
  void begin() RT NO_THREAD_SAFETY_ANALYSIS {
    locks_[0].lock();
    locks_[1].lock();
  }

  /// The client's thread. Blocks until the server has answered; it does not matter which of the two
  /// comes first.
  void wait() RT NO_THREAD_SAFETY_ANALYSIS {
    PiMutex& lock = locks_[asked_++ % 2];
    lock.lock();
    lock.unlock();
  }

  /// The server's thread, before it works on the client's next request: takes back the lock of the
  /// request before, which the client has left by then. Does not wait.
  void take() RT NO_THREAD_SAFETY_ANALYSIS {
    if (answered_ > 0) locks_[(answered_ - 1) % 2].lock();
  }

  /// The server's thread: the answer is there.
  void done() RT NO_THREAD_SAFETY_ANALYSIS { locks_[answered_++ % 2].unlock(); }

 private:
  std::array<PiMutex, 2> locks_;
  std::size_t asked_ = 0;     // client's
  std::size_t answered_ = 0;  // server's
};

}  // namespace takt
