// SPDX-License-Identifier: Apache-2.0
// The KVM requests that exist on x86 only.
#pragma once

#include <cstdint>

#include "kvm/requests.h"

namespace takt::kvm {

inline constexpr unsigned long get_supported_cpuid =
    _IOC(_IOC_READ | _IOC_WRITE, KVMIO, 0x05, sizeof(FlexHeader));  // on /dev/kvm
inline constexpr unsigned long set_msrs = _IOC(_IOC_WRITE, KVMIO, 0x89, sizeof(FlexHeader));
inline constexpr unsigned long set_cpuid2 = _IOC(_IOC_WRITE, KVMIO, 0x90, sizeof(FlexHeader));

// on a VM
inline constexpr IoctlValue<KVM_SET_TSS_ADDR> set_tss_addr{"KVM_SET_TSS_ADDR"};
inline constexpr Ioctl<KVM_SET_IDENTITY_MAP_ADDR, std::uint64_t> set_identity_map_addr{
    "KVM_SET_IDENTITY_MAP_ADDR"};
inline constexpr IoctlValue<KVM_CREATE_IRQCHIP> new_irqchip{"KVM_CREATE_IRQCHIP"};
inline constexpr Ioctl<KVM_CREATE_PIT2, kvm_pit_config> new_pit{"KVM_CREATE_PIT2"};

// on a vCPU
inline constexpr Ioctl<KVM_GET_SREGS, kvm_sregs> get_sregs{"KVM_GET_SREGS"};
inline constexpr Ioctl<KVM_SET_SREGS, kvm_sregs> set_sregs{"KVM_SET_SREGS"};
inline constexpr Ioctl<KVM_GET_REGS, kvm_regs> get_regs{"KVM_GET_REGS"};
inline constexpr Ioctl<KVM_SET_REGS, kvm_regs> set_regs{"KVM_SET_REGS"};
inline constexpr IoctlValue<KVM_GET_TSC_KHZ> get_tsc_khz{"KVM_GET_TSC_KHZ"};

}  // namespace takt::kvm
