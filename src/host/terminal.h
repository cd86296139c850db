// SPDX-License-Identifier: Apache-2.0
// The user's terminal in raw mode, and back, whatever happens.
#pragma once

#include "base/result.h"

namespace takt {

/// Puts the terminal on `fd` into raw mode for the life of this object. Restores it at the end,
/// and when the process dies of a fatal signal or of abort(). At most one at a time: the saved
/// state is the one piece of process-wide data in takt, because a signal handler must reach it.
class RawTerminal {
 public:
  /// True when `fd` is a terminal whose foreground process group is ours.
  [[nodiscard]] static bool usable(int fd);
  /// `fd` outlives the object and is usable().
  static Result<RawTerminal> enter(int fd);
  RawTerminal(RawTerminal&& other) noexcept : active_{other.active_} { other.active_ = false; }
  RawTerminal& operator=(RawTerminal&&) = delete;
  ~RawTerminal();

 private:
  RawTerminal() = default;
  bool active_ = true;
};

}  // namespace takt
