// SPDX-License-Identifier: Apache-2.0
#include "pci/intx.h"

#include "pci/regs.h"

namespace takt::pci {

void Intx::drive(bool level) RT {
  level_.store(level, std::memory_order_seq_cst);
  config_.assign16(Reg::status, Status::interrupt_status::mask, level);
  if (level && msi_ != nullptr && msi_->enabled()) msi_->fire(0);
  settle();
}

void Intx::settle() RT {
  line_.settle([this] {
    const auto word = static_cast<std::uint16_t>(config_.read(Reg::command, Width::b2));
    return level_.load(std::memory_order_seq_cst) && !Command::interrupt_disable::get(word) &&
           (msi_ == nullptr || !msi_->enabled());
  });
}

std::array<SharedPin::Input, SharedPin::most_inputs> SharedPin::make_inputs() {
  std::array<Input, most_inputs> inputs;
  for (std::size_t n = 0; n < inputs.size(); ++n) {
    inputs[n].shared = this;
    inputs[n].bit = 1u << n;
  }
  return inputs;
}

void SharedPin::Input::drive(bool level) RT {
  if (level)
    shared->active_.fetch_or(bit, std::memory_order_seq_cst);
  else
    shared->active_.fetch_and(~bit, std::memory_order_seq_cst);
  shared->line_.settle([this] { return shared->active_.load(std::memory_order_seq_cst) != 0; });
}

}  // namespace takt::pci
