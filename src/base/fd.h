// SPDX-License-Identifier: Apache-2.0
// The one owner of a file descriptor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>

#include "base/result.h"

namespace takt {

/// Owns a file descriptor and closes it. Move-only; empty after a move.
class Fd {
 public:
  Fd() = default;
  explicit Fd(int raw) : raw_{raw} {}
  Fd(Fd&& other) noexcept : raw_{std::exchange(other.raw_, -1)} {}
  Fd& operator=(Fd&& other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  ~Fd();

  [[nodiscard]] int raw() const { return raw_; }
  explicit operator bool() const { return raw_ >= 0; }

 private:
  int raw_ = -1;
};

/// open(2) with O_CLOEXEC added. The error names the path.
[[nodiscard]] Result<Fd> open_file(const std::string& path, int flags, unsigned mode = 0);

/// Writes all of `data`, blocking; retries EINTR and short writes.
[[nodiscard]] Result<> write_all(const Fd& fd, std::span<const std::byte> data);

/// eventfd(2), non-blocking, close-on-exec, count 0.
[[nodiscard]] Result<Fd> make_eventfd();

// These two are for real-time code: system calls by number, past the guard of base/rt_guard.h,
// which rightly takes write(2) and read(2) for calls that block.

/// Adds one to an eventfd; one system call, does not block (a full counter is already a signal).
void signal_eventfd(const Fd& fd) noexcept;

/// Takes the count of an eventfd, or of a timerfd that does not block, back to 0. False when it was
/// 0. Does not block.
bool drain_eventfd(const Fd& fd) noexcept;

}  // namespace takt
