// SPDX-License-Identifier: Apache-2.0
// The KVM requests that exist on arm64 only, and the numbers of the registers that takt touches.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kvm/requests.h"

namespace takt::kvm {

// on a VM
inline constexpr Ioctl<KVM_ARM_PREFERRED_TARGET, kvm_vcpu_init> preferred_target{
    "KVM_ARM_PREFERRED_TARGET"};

// on a vCPU
inline constexpr Ioctl<KVM_ARM_VCPU_INIT, kvm_vcpu_init> vcpu_init{"KVM_ARM_VCPU_INIT"};
inline constexpr Ioctl<KVM_ARM_VCPU_FINALIZE, int> vcpu_finalize{"KVM_ARM_VCPU_FINALIZE"};

// on a device, and on a vCPU
inline constexpr Ioctl<KVM_SET_DEVICE_ATTR, kvm_device_attr> set_device_attr{"KVM_SET_DEVICE_ATTR"};

/// Number of a 64-bit register that is a member of kvm_regs, at `offset` (api.rst 4.68).
[[nodiscard]] constexpr std::uint64_t core_register(std::size_t offset) {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE | offset / sizeof(std::uint32_t);
}

/// Number of the system register S<op0>_<op1>_C<n>_C<m>_<op2>.
[[nodiscard]] constexpr std::uint64_t system_register(std::uint64_t op0, std::uint64_t op1,
                                                      std::uint64_t n, std::uint64_t m,
                                                      std::uint64_t op2) {
  return KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM64_SYSREG | op0 << 14 | op1 << 11 | n << 7 |
         m << 3 | op2;
}

namespace reg {

[[nodiscard]] constexpr std::uint64_t x(unsigned n) {
  return core_register(offsetof(kvm_regs, regs.regs) + n * sizeof(std::uint64_t));
}
inline constexpr std::uint64_t sp = core_register(offsetof(kvm_regs, sp_el1));
inline constexpr std::uint64_t pc = core_register(offsetof(kvm_regs, regs.pc));
inline constexpr std::uint64_t pstate = core_register(offsetof(kvm_regs, regs.pstate));
inline constexpr std::uint64_t mpidr_el1 = system_register(3, 0, 0, 0, 5);
inline constexpr std::uint64_t id_aa64mmfr0_el1 = system_register(3, 0, 0, 7, 0);
inline constexpr std::uint64_t sctlr_el1 = system_register(3, 0, 1, 0, 0);
inline constexpr std::uint64_t esr_el1 = system_register(3, 0, 5, 2, 0);
inline constexpr std::uint64_t far_el1 = system_register(3, 0, 6, 0, 0);

}  // namespace reg

}  // namespace takt::kvm
