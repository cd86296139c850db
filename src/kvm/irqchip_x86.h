// SPDX-License-Identifier: Apache-2.0
// The in-kernel interrupt controllers of a PC. Set-up only.
#pragma once

#include "base/result.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

/// IOAPIC, 8259s, and a local APIC with x2APIC for each vCPU. Before the first vCPU.
[[nodiscard]] Result<> create_irqchip(VmFd& vm);
/// The in-kernel i8254 with its port 0x61. After create_irqchip().
[[nodiscard]] Result<> create_pit(VmFd& vm);

}  // namespace takt::kvm
