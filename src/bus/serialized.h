// SPDX-License-Identifier: Apache-2.0
// A device model that is a plain state machine, made safe for many threads: one
// priority-inheritance lock per device ("variant A" of ARCHITECTURE.md).
#pragma once

#include "base/pi_mutex.h"
#include "bus/device.h"

namespace takt {

/// Stands before `device` on the bus and holds the device's own lock during each access. A host
/// thread that drives the model from its other side does so through with().
class Serialized : public Device {
 public:
  explicit Serialized(Device& device) : device_{device} {}

  [[nodiscard]] std::string_view name() const override { return device_.name(); }
  std::uint64_t read(Access access) RT override {
    const PiLock lock{mutex_};
    return device_.read(access);
  }
  void write(Access access, std::uint64_t value) RT override {
    const PiLock lock{mutex_};
    device_.write(access, value);
  }

  /// Runs `job`, which may touch the model, atomically with respect to guest accesses. The job is
  /// short and does not block: a vCPU may be waiting.
  template <class Job>
  auto with(Job&& job) {
    const PiLock lock{mutex_};
    return job();
  }

 private:
  Device& device_;
  PiMutex mutex_;
};

}  // namespace takt
