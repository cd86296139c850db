// SPDX-License-Identifier: Apache-2.0
// How the boot vCPU of an arm64 guest starts: what a loader (boot/) decides and kvm/ turns into
// KVM_SET_ONE_REG. There is one machine state, that of Linux Documentation/arch/arm64/booting.rst,
// "Call the kernel image"; flat binaries and ELF files are started the same way:
//
//   PSTATE   EL1h, D A I F masked (start_pstate)
//   MMU      off, as are the caches: SCTLR_EL1 stays as KVM resets it
//   x0       guest-physical address of the device tree; x1 x2 x3 are 0, as is every other register
//   CNTFRQ   and the virtual counter are the host's, alike on all vCPUs; KVM does that
//
// Nothing promises a stack, so SP_EL1 is 0 too. The other vCPUs are off until PSCI CPU_ON.
#pragma once

#include <cstdint>

namespace takt {

/// Arm Architecture Reference Manual (DDI 0487), C5.2.19 "SPSR_EL1": M[4:0] EL1h, F I A D set.
inline constexpr std::uint64_t start_pstate = 0x3c5;

struct StartState {
  std::uint64_t pc = 0;
  std::uint64_t x0 = 0;  // the device tree
};

}  // namespace takt
