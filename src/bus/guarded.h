// SPDX-License-Identifier: Apache-2.0
// What stands before a model on the bus when more than one thread may come: the model stays a plain
// state machine. Policy A is bus/serialized.h, policy B is bus/served.h (ARCHITECTURE.md, "How an
// access runs"); which of them, the user may choose for each device.
#pragma once

#include "base/pi_mutex.h"
#include "bus/device.h"
#include "bus/work.h"

namespace takt {

class Guarded : public Device {
 public:
  /// `id` stands in the records about the device.
  explicit Guarded(Device& model, DeviceId id = {})
      : rules_{model.rules()}, model_{model}, id_{id} {}

  [[nodiscard]] std::string_view name() const final { return model_.name(); }
  [[nodiscard]] AccessRules rules() const final { return rules_; }
  [[nodiscard]] DeviceId id() const { return id_; }

  /// Runs `job`, which may touch the model, atomically with respect to guest accesses. The job is
  /// short and does not block: a vCPU may be waiting. Any thread.
  template <class Job>
  auto with(Job&& job) {
    const PiLock lock{mutex_};
    return job();
  }
  /// The doorbell of a register with Run::eventfd was rung; the device's server says so.
  void doorbell(std::uint64_t offset, Width width) RT {
    with([&] { model_.write({.offset = offset, .width = width}, 0); });
  }

 protected:
  const AccessRules rules_;
  Device& model_;
  const DeviceId id_;
  // Held while anything but an inline access touches the model. On a line of its own: vCPUs that
  // post look at what is around it, and the server takes it for each job.
  alignas(64) PiMutex mutex_;
};

/// The work of a model for its server, atomic with respect to guest accesses as they are. One turn
/// of it is bounded: a vCPU may be waiting.
class GuardedWork final : public Work {
 public:
  GuardedWork(Guarded& guarded, Work& work) : guarded_{guarded}, work_{work} {}
  void begin() RT override { work_.begin(); }
  Worked work() RT override {
    return guarded_.with([this]() RT { return work_.work(); });
  }
  void finish() override { work_.finish(); }

 private:
  Guarded& guarded_;
  Work& work_;
};

}  // namespace takt
