// SPDX-License-Identifier: Apache-2.0
// A thread between a file and a pipe. The file may keep whoever reads or writes it waiting, for a
// disk; the pipe's other end does not, and epoll watches it, which it refuses to do for a file.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/thread.h"

namespace takt {

/// Seen from takt: what comes in is read, what goes out is written.
enum class Direction : std::uint8_t { in, out };

class Pump {
 public:
  /// Takes no byte before start().
  static Result<std::unique_ptr<Pump>> create(Fd file, Direction direction);
  /// As finish() with a second.
  ~Pump();

  /// Once. The thread has the policy OTHER, whatever its starter's is.
  Result<> start(const std::string& name);

  /// The user's end of the pipe; does not block. When the file ends, it does.
  [[nodiscard]] const Fd& end() const { return end_; }
  [[nodiscard]] pid_t tid() const { return thread_.tid(); }
  /// Bytes that the file did not take: its disk is full. Any thread.
  [[nodiscard]] std::uint64_t dropped() const { return carried_->dropped; }

  /// Closes end(), waits until what was put in is in the file, but at most `most_ms`, and joins the
  /// thread. One that is stuck in the kernel is left to itself: it touches nothing that goes away.
  void finish(int most_ms);

 private:
  /// What the thread works with.
  struct Carried {
    Fd from;
    Fd to;
    Fd over;                          // an eventfd: all is carried
    std::atomic<bool> leave = false;  // the thread, which has a name and a place until then
    std::atomic<std::uint64_t> dropped = 0;
  };
  Pump(Fd end, std::shared_ptr<Carried> carried)
      : end_{std::move(end)}, carried_{std::move(carried)} {}
  static void carry(Carried& carried);
  static void body(Carried& carried);

  Fd end_;
  std::shared_ptr<Carried> carried_;
  Thread thread_;
};

}  // namespace takt
