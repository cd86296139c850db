// SPDX-License-Identifier: Apache-2.0
// How an arm64 VM gets from empty memory to the payload's first instruction.
#pragma once

#include "vm/board.h"
#include "vm/tree_arm64.h"

namespace takt {

/// The payload and the device tree into memory, the first of `vcpus` at the payload's entry.
[[nodiscard]] Result<> boot_arm64(const VmConfig& config, MachineShape shape,
                                  const PayloadFiles& files, const GuestMem& mem,
                                  std::span<const kvm::VcpuFd> vcpus);

}  // namespace takt
