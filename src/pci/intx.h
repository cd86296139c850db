// SPDX-License-Identifier: Apache-2.0
// The pin INTA# of a function, between its model and the board's interrupt controller: shown in the
// status register, and cut off by the command register. PCI Local Bus 3.0, 6.2.2 and 6.2.3.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "bus/irq.h"
#include "bus/settle.h"
#include "pci/config_space.h"
#include "pci/msi.h"

namespace takt::pci {

class Intx final : public IrqSink {
 public:
  /// All outlive it. `msi` may be null: with it enabled, a rising level is a message and the pin
  /// is not used (6.8).
  Intx(ConfigSpace& config, IrqSink& pin, Msi* msi) : config_{config}, line_{pin}, msi_{msi} {}

  /// The model's level. One thread at a time; does not block.
  void drive(bool level) RT override;
  /// The command register was written: the pin follows. Any thread.
  void settle() RT;

 private:
  ConfigSpace& config_;
  SettledLine line_;
  Msi* const msi_;
  std::atomic<bool> level_ = false;
};

/// Several pins at one input, as where a PC's slots share an IOAPIC pin: it is active while any
/// of them is.
class SharedPin {
 public:
  static constexpr std::size_t most_inputs = 32;
  explicit SharedPin(IrqSink& pin) : line_{pin} {}
  SharedPin(const SharedPin&) = delete;
  SharedPin& operator=(const SharedPin&) = delete;
  /// Set-up. Inputs stay where they are.
  [[nodiscard]] IrqSink& input() { return inputs_[used_++]; }

 private:
  class Input final : public IrqSink {
   public:
    void drive(bool level) RT override;
    SharedPin* shared = nullptr;
    std::uint32_t bit = 0;
  };

  SettledLine line_;
  std::atomic<std::uint32_t> active_ = 0;
  std::size_t used_ = 0;
  std::array<Input, most_inputs> inputs_ = make_inputs();
  std::array<Input, most_inputs> make_inputs();
};

}  // namespace takt::pci
