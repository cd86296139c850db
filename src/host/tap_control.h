// SPDX-License-Identifier: Apache-2.0
// What a tap may leave undone in the frames that it gives us, and which of its queues have a part
// in them. TUNSETOFFLOAD and TUNSETQUEUE take the kernel's rtnl mutex, which others hold for as
// long as they configure interfaces, and a guest's driver asks for them whenever it starts: so a
// thread of its own does it, and the server only says what is wanted. The thread asks a hundred
// times a second at most, however often a guest changes its mind.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/thread.h"
#include "bus/frame_port.h"

namespace takt {

/// What a tap takes undone, and may be told to leave undone.
inline constexpr FrameOffloads tap_offloads{
    .csum = true, .tso4 = true, .tso6 = true, .ecn = true, .ufo = true};

class TapControl {
 public:
  static constexpr std::size_t most_queues = 64;
  /// For the interface that has the queues `taps`, 1..most_queues, which stay the caller's. Nothing
  /// is left undone from now on, and all have a part. Starts the thread, `tap-ctl`.
  static Result<std::unique_ptr<TapControl>> start(std::span<const Fd* const> taps);
  TapControl(const TapControl&) = delete;
  TapControl& operator=(const TapControl&) = delete;
  ~TapControl();

  /// Soon; the last call counts. Servers of several queues may call at the same time.
  void want_offloads(const FrameOffloads& offloads) RT;
  /// The same: whether the host's frames come by the `queue`th of `taps`, too. One of several.
  void want_queue(unsigned queue, bool wanted) RT;

  /// Whether what was wanted last is in force. Any thread.
  [[nodiscard]] bool settled() const RT;
  [[nodiscard]] pid_t tid() const { return thread_.tid(); }

 private:
  TapControl(std::vector<Fd> taps, Fd wake, Fd end);
  void run();
  void apply();
  void apply_offloads(std::uint32_t features);
  void apply_queues(std::uint64_t queues);

  std::vector<Fd> taps_;
  Fd wake_;
  Fd end_;
  // In force is what was asked for; the kernel may have granted less.
  std::atomic<std::uint32_t> offloads_wanted_ = 0;  // TUN_F_..., linux/if_tun.h
  std::atomic<std::uint32_t> offloads_in_force_ = 0;
  std::atomic<std::uint64_t> queues_wanted_;  // bit n: queue n
  std::atomic<std::uint64_t> queues_in_force_;
  Thread thread_;
};

}  // namespace takt
