// SPDX-License-Identifier: Apache-2.0
// The end of a device's interrupt line at an input pin of the in-kernel interrupt controller.
#pragma once

#include "bus/irq.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

/// Works for pins that the guest programs as edge or as level: the line follows the device.
class IrqLine : public IrqSink {
 public:
  /// `vm` outlives the line.
  IrqLine(const VmFd& vm, Gsi gsi) : vm_{vm}, gsi_{gsi} {}
  void drive(bool level) RT override;

 private:
  const VmFd& vm_;
  Gsi gsi_;
};

}  // namespace takt::kvm
