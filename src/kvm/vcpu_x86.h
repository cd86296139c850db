// SPDX-License-Identifier: Apache-2.0
// The x86 part of a vCPU's set-up. Before its thread runs; none of these may be called after.
#pragma once

#include "base/result.h"
#include "kvm/cpuid_x86.h"
#include "kvm/start_x86.h"
#include "kvm/vcpu_fd.h"

namespace takt::kvm {

/// The TSC's frequency as the guest sees it, in kHz; 0 when KVM does not know.
[[nodiscard]] std::uint32_t tsc_khz(const VcpuFd& vcpu);

/// CPUID, and the MSRs that firmware would have set: memory is write-back by default (MTRR) and
/// fast strings are on. `vm_table` is guest_cpuid().
[[nodiscard]] Result<> set_up_vcpu(const VcpuFd& vcpu, const CpuidTable& vm_table);

/// Registers of the vCPU that boots. The others keep the state in which they wait for a SIPI.
[[nodiscard]] Result<> set_start_state(const VcpuFd& vcpu, const StartState& start);

}  // namespace takt::kvm
