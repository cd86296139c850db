// SPDX-License-Identifier: Apache-2.0
// KVM capabilities and device types by number (Linux, include/uapi/linux/kvm.h): the host that is
// checked may be newer than the headers of this build, and of another architecture.
#pragma once

namespace takt::check::cap {

inline constexpr int irqchip = 0;
inline constexpr int irq_routing = 25;
inline constexpr int irqfd = 32;
inline constexpr int ioeventfd = 36;
inline constexpr int tsc_deadline_timer = 72;
inline constexpr int readonly_mem = 81;
inline constexpr int irqfd_resample = 82;
inline constexpr int split_irqchip = 121;
inline constexpr int x2apic_api = 129;
inline constexpr int immediate_exit = 136;
inline constexpr int x86_disable_exits = 143;
inline constexpr int arm_vm_ipa_size = 165;
inline constexpr int halt_poll = 182;
inline constexpr int binary_stats_fd = 203;
inline constexpr int arm_system_suspend = 216;
inline constexpr int pre_fault_memory = 236;

}  // namespace takt::check::cap

namespace takt::check::device_type {

inline constexpr int vgic_v2 = 5;
inline constexpr int vgic_v3 = 7;
inline constexpr int vgic_its = 8;

}  // namespace takt::check::device_type
