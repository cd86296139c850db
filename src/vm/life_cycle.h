// SPDX-License-Identifier: Apache-2.0
// Who ended the VM, decided once: the first request counts. Everything else in the VM looks here.
#pragma once

#include <atomic>

#include "base/fd.h"
#include "base/result.h"
#include "bus/vm_control.h"
#include "vm/outcome.h"

namespace takt {

class LifeCycle : public VmControl {
 public:
  static Result<LifeCycle> create();
  LifeCycle(LifeCycle&& other) noexcept
      : wake_{std::move(other.wake_)}, word_{other.word_.load()} {}

  void request_power_off() RT override { request({Ending::power_off}); }
  void request_reset() RT override { request({Ending::reset}); }
  void request_debug_exit(std::uint32_t value) RT override { request({Ending::debug_exit, value}); }

  /// Ends the VM with `outcome` unless something else did before. Any thread; does not block.
  void request(Outcome outcome) RT;
  /// One load: vCPU threads ask before each entry into the guest.
  [[nodiscard]] bool ended() const RT { return word_.load(std::memory_order_acquire) != 0; }
  [[nodiscard]] Outcome outcome() const RT;
  /// Readable from the first request on.
  [[nodiscard]] const Fd& event() const { return wake_; }

 private:
  explicit LifeCycle(Fd wake) : wake_{std::move(wake)} {}

  Fd wake_;
  std::atomic<std::uint64_t> word_ = 0;  // ending << 32 | value; ending is never 0 once set
};

}  // namespace takt
