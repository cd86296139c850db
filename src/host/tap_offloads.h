// SPDX-License-Identifier: Apache-2.0
// What a tap may leave undone in the frames that it gives us. TUNSETOFFLOAD takes the kernel's rtnl
// mutex, which others hold for as long as they configure interfaces, and a guest's driver asks for
// it whenever it starts: so a thread of its own does it, and the server only says what is wanted.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/thread.h"
#include "bus/frame_port.h"

namespace takt {

/// What a tap takes undone, and may be told to leave undone.
inline constexpr FrameOffloads tap_offloads{
    .csum = true, .tso4 = true, .tso6 = true, .ecn = true, .ufo = true};

class TapOffloads {
 public:
  /// For the interface of `tap`, which stays the caller's. Nothing is left undone from now on.
  /// Starts the thread, `tap-ctl`.
  static Result<std::unique_ptr<TapOffloads>> start(const Fd& tap);
  TapOffloads(const TapOffloads&) = delete;
  TapOffloads& operator=(const TapOffloads&) = delete;
  ~TapOffloads();

  /// Soon; the last call counts. Servers of several queues may call at the same time.
  void want(const FrameOffloads& offloads) RT;

  /// Whether the last want() is in force. Any thread.
  [[nodiscard]] bool settled() const RT;
  [[nodiscard]] pid_t tid() const { return thread_.tid(); }

 private:
  TapOffloads(Fd tap, Fd wake) : tap_{std::move(tap)}, wake_{std::move(wake)} {}
  void run();
  void apply(std::uint32_t features);

  Fd tap_;
  Fd wake_;
  std::atomic<std::uint32_t> wanted_ = 0;    // TUN_F_..., linux/if_tun.h
  std::atomic<std::uint32_t> in_force_ = 0;  // was asked for; the kernel may have granted less
  std::atomic<bool> stopping_ = false;
  Thread thread_;
};

}  // namespace takt
