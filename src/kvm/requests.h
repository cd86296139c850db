// SPDX-License-Identifier: Apache-2.0
// The KVM requests that takt issues, each with its argument type (Linux, virt/kvm/api.rst).
#pragma once

#include <linux/kvm.h>

#include <cstdint>

#include "base/ioctl.h"

namespace takt::kvm {

/// What stands before the entries of a request with a flexible array. The kernel's own structures
/// cannot be used from C++: their flexible array member is declared beside an empty struct, which
/// C++ gives a size, so sizeof and with it the request number come out wrong.
struct FlexHeader {
  std::uint32_t entries = 0;
  std::uint32_t padding = 0;
};
static_assert(sizeof(FlexHeader) == 8);

// on /dev/kvm
inline constexpr IoctlValue<KVM_GET_API_VERSION> get_api_version{"KVM_GET_API_VERSION"};
inline constexpr IoctlValue<KVM_CREATE_VM> create_vm{"KVM_CREATE_VM"};
inline constexpr IoctlValue<KVM_CHECK_EXTENSION> check_extension{"KVM_CHECK_EXTENSION"};
inline constexpr IoctlValue<KVM_GET_VCPU_MMAP_SIZE> get_vcpu_mmap_size{"KVM_GET_VCPU_MMAP_SIZE"};

// on a VM
inline constexpr IoctlValue<KVM_CREATE_VCPU> create_vcpu{"KVM_CREATE_VCPU"};
inline constexpr Ioctl<KVM_SET_USER_MEMORY_REGION, kvm_userspace_memory_region>
    set_user_memory_region{"KVM_SET_USER_MEMORY_REGION"};
inline constexpr Ioctl<KVM_ENABLE_CAP, kvm_enable_cap> enable_cap{"KVM_ENABLE_CAP"};
inline constexpr Ioctl<KVM_IRQ_LINE, kvm_irq_level> irq_line{"KVM_IRQ_LINE"};
inline constexpr Ioctl<KVM_IOEVENTFD, kvm_ioeventfd> ioeventfd{"KVM_IOEVENTFD"};
inline constexpr Ioctl<KVM_IRQFD, kvm_irqfd> irqfd{"KVM_IRQFD"};
inline constexpr unsigned long set_gsi_routing = _IOC(_IOC_WRITE, KVMIO, 0x6a, sizeof(FlexHeader));
inline constexpr Ioctl<KVM_CREATE_DEVICE, kvm_create_device> new_device{"KVM_CREATE_DEVICE"};

}  // namespace takt::kvm
