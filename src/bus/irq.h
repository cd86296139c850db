// SPDX-License-Identifier: Apache-2.0
// Interrupt lines as objects. A device model holds a line; it never sees a GSI number. Level and
// edge are different types because they promise different things.
#pragma once

#include "base/rt.h"

namespace takt {

/// Where a level line ends: kvm/ implements it, tests count with it.
class IrqSink {
 public:
  virtual ~IrqSink() = default;
  /// Called on each change of the level only. Does not block.
  virtual void drive(bool level) RT = 0;
};

/// The interrupt output of a device. The device calls set() as often as it likes.
class LevelIrq {
 public:
  explicit LevelIrq(IrqSink& sink) : sink_{sink} {}
  LevelIrq(const LevelIrq&) = delete;
  LevelIrq& operator=(const LevelIrq&) = delete;

  /// Called under whatever serialises the device.
  void set(bool level) RT {
    if (level == level_) return;
    level_ = level;
    sink_.drive(level);
  }
  [[nodiscard]] bool level() const RT { return level_; }

 private:
  IrqSink& sink_;
  bool level_ = false;
};

}  // namespace takt
