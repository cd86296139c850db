// SPDX-License-Identifier: Apache-2.0
// How a vCPU's thread is asked to stand still: one word, and the thread parks itself. It looks here
// only when KVM_RUN was interrupted, so whoever asks must interrupt it; the loop pays nothing.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "base/rt.h"

namespace takt {

class VcpuMailbox {
 public:
  // The vCPU's thread only.
  [[nodiscard]] bool is_asked() const RT { return word_.load() == asked; }
  /// Says that it stands still, and does until release(). Blocks: a futex, with no lock around it.
  void park() RT;
  /// The thread will never run the guest again: nobody has to wait for it.
  void leave() RT;

  // Other threads; they agree among themselves on who asks.
  void ask() RT;
  /// Until the thread stands still, or has left. False after `timeout`. Blocks.
  [[nodiscard]] bool wait_parked(std::chrono::milliseconds timeout) const;
  /// Ends park(), also one that has not begun yet.
  void release() RT;

 private:
  enum Word : std::uint32_t { running, asked, parked, left };
  bool change(Word from, Word to) RT;

  std::atomic<std::uint32_t> word_ = running;
};

}  // namespace takt
