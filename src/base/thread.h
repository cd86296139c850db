// SPDX-License-Identifier: Apache-2.0
// Threads with a name, a scheduling policy and a place.
#pragma once

#include <pthread.h>
#include <sys/types.h>

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/cpu_list.h"
#include "base/result.h"

namespace takt {

enum class Policy { other, fifo, rr };

[[nodiscard]] std::string_view policy_name(Policy policy);

/// Where and how a thread runs. What is absent stays as it was inherited.
struct Placement {
  std::optional<CpuList> cpus = {};
  Policy policy = Policy::other;
  int priority = 0;  // 1..99 for fifo and rr, 0 for other (sched(7))
};

/// What the kernel says is in force for a thread now.
struct EffectiveThread {
  std::string name = {};
  pid_t tid = 0;
  std::string policy = {};
  int priority = 0;
  CpuList cpus = {};
};

/// A joinable thread. The destructor joins: whoever owns a Thread has told it to end before.
class Thread {
 public:
  /// Starts `body`. All signals are blocked in it. `name` is cut to 15 characters by the kernel's
  /// limit. `stack_bytes` is small because takt locks its memory.
  static Result<Thread> start(const std::string& name, std::function<void()> body,
                              std::size_t stack_bytes = 256 * 1024);
  Thread() = default;
  Thread(Thread&& other) noexcept;
  Thread& operator=(Thread&& other) noexcept;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread();

  void join();
  /// Lets go of a thread that cannot be told to end; it uses nothing that goes away.
  void detach();
  [[nodiscard]] bool joinable() const { return handle_.has_value(); }
  /// pthread_kill(3).
  void signal(int number) const noexcept;
  [[nodiscard]] const std::string& name() const { return name_; }
  [[nodiscard]] pid_t tid() const { return tid_; }

 private:
  std::string name_;
  std::optional<pthread_t> handle_;
  pid_t tid_ = 0;
};

/// Applies `placement` to a thread of this process (0: the caller). All or the first failure: the
/// error says which attribute was refused, and which limit to raise.
[[nodiscard]] Result<> place_thread(pid_t tid, const Placement& placement);

/// Reads back name, policy, priority and CPUs of a thread of this process.
[[nodiscard]] Result<EffectiveThread> effective_thread(pid_t tid);

[[nodiscard]] pid_t current_tid() noexcept;

/// Lets the kernel be at most 1 ns late with a time-out of the calling thread's in order to join
/// wake-ups, and of the threads that it starts from now on; without this it is 50 us. Only ordinary
/// threads have such a slack: FIFO, RR and deadline threads have none (prctl(2),
/// PR_SET_TIMERSLACK).
[[nodiscard]] Result<> set_least_timer_slack();

}  // namespace takt
