// SPDX-License-Identifier: Apache-2.0
// What a device may ask of the machine that it is part of.
#pragma once

#include <cstdint>

#include "base/rt.h"

namespace takt {

class VmControl {
 public:
  virtual ~VmControl() = default;
  /// Each request ends the run of the VM in order; the first one counts. Callable from any vCPU
  /// thread; returns at once, the caller's vCPU stops before it enters the guest again.
  virtual void request_power_off() RT = 0;
  virtual void request_reset() RT = 0;
  /// The guest's own exit status, as QEMU's isa-debug-exit reports it: (value << 1) | 1, low byte.
  virtual void request_debug_exit(std::uint32_t value) RT = 0;
};

}  // namespace takt
