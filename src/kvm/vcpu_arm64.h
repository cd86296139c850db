// SPDX-License-Identifier: Apache-2.0
// The arm64 part of a vCPU's set-up. Before its thread runs; none of these may be called after.
#pragma once

#include <cstdint>

#include "base/result.h"
#include "kvm/start_arm64.h"
#include "kvm/vcpu_fd.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

/// KVM_ARM_VCPU_INIT: the host's own CPU with what it has of SVE, pointer authentication and PMU,
/// and PSCI in KVM. All vCPUs but the first wait for CPU_ON.
[[nodiscard]] Result<> init_vcpu(const VmFd& vm, const VcpuFd& vcpu);

/// Whether init_vcpu() gives vCPUs a PMU.
[[nodiscard]] bool has_pmu(const VmFd& vm);
/// The PMU's interrupt. After the interrupt controller's own initialisation.
[[nodiscard]] Result<> start_pmu(const VcpuFd& vcpu, std::uint32_t intid);

/// MPIDR_EL1's affinity fields: what the device tree and PSCI call the CPU by.
[[nodiscard]] Result<std::uint64_t> affinity(const VcpuFd& vcpu);
/// ID_AA64MMFR0_EL1: which page sizes the guest may use.
[[nodiscard]] Result<std::uint64_t> memory_model(const VcpuFd& vcpu);

/// Registers of the vCPU that boots.
[[nodiscard]] Result<> set_start_state(const VcpuFd& vcpu, const StartState& start);

}  // namespace takt::kvm
