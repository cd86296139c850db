// SPDX-License-Identifier: Apache-2.0
// What an arm64 host does with its guests and tells in /proc and /sys only. Set-up only.
#pragma once

#include <string>

#include "host/host_files.h"

namespace takt::arm_host {

/// FIFO priority of the kernel's interrupt threads (Linux, kernel/irq/manage.c).
inline constexpr int irq_thread_priority = 50;

/// Whether KVM uses GICv4 for VMs: vLPIs without an exit, by doorbell interrupts of the host. From
/// /proc/interrupts; true from the first VM with an ITS on.
///
/// With PREEMPT_RT this has a trap (seen with Linux 6.12): each entry of a vCPU moves its doorbell
/// interrupt to the CPU, which wakes the doorbell's thread, which preempts a vCPU thread that is
/// not above it, which is put, and so on: the guest never runs.
[[nodiscard]] bool gicv4_in_use(const HostFiles& host = {});

/// Whether the guest's WFI exits: kvm-arm.wfi_trap_policy of the host's command line (Linux,
/// admin-guide/kernel-parameters.txt), in words.
[[nodiscard]] std::string wfi_policy_text(const HostFiles& host = {});
[[nodiscard]] std::string wfe_policy_text(const HostFiles& host = {});

}  // namespace takt::arm_host
