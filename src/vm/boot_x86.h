// SPDX-License-Identifier: Apache-2.0
// How an x86 VM gets from empty memory to the payload's first instruction.
#pragma once

#include "vm/board.h"

namespace takt {

/// ACPI tables and the payload into memory, `boot_vcpu` at its entry.
[[nodiscard]] Result<> boot_x86(const VmConfig& config, const PayloadFiles& files,
                                const GuestMem& mem, const kvm::VcpuFd& boot_vcpu);

}  // namespace takt
