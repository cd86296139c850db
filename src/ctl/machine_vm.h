// SPDX-License-Identifier: Apache-2.0
// A machine as the control socket sees it.
#pragma once

#include "ctl/api.h"
#include "vm/machine.h"

namespace takt::ctl {

class MachineVm final : public ControlledVm {
 public:
  explicit MachineVm(Machine& machine) : machine_{machine} {}
  [[nodiscard]] bool is_paused() const override { return machine_.is_paused(); }
  [[nodiscard]] Result<> pause() override { return machine_.pause(); }
  void resume() override { machine_.resume(); }
  [[nodiscard]] bool press_power_button() override { return machine_.press_power_button(); }
  void end(Outcome outcome) override { machine_.end(outcome); }
  [[nodiscard]] Result<std::string> info() const override { return machine_.effective_state(); }
  [[nodiscard]] std::string trace(std::uint64_t last_ns) const override {
    return machine_.trace(last_ns);
  }
  [[nodiscard]] bool republish() override { return machine_.republish(); }
  [[nodiscard]] std::uint64_t memory() const override { return machine_.memory(); }
  [[nodiscard]] bool set_balloon(std::uint64_t bytes) override {
    return machine_.set_balloon(bytes);
  }
  [[nodiscard]] Statistics statistics() const override { return machine_.snapshot(); }

 private:
  Machine& machine_;
};

}  // namespace takt::ctl
