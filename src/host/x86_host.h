// SPDX-License-Identifier: Apache-2.0
// What an x86 host does with its guests and tells in /proc, /sys and CPUID. Set-up only.
#pragma once

#include <span>

#include "host/cpuid.h"
#include "host/host_files.h"

namespace takt::x86_host {

/// Whether the host's kernel takes its TSC for constant in rate and never stopping. The CPU's own
/// bit is not enough: the kernel knows platforms where it holds without the bit.
[[nodiscard]] bool tsc_is_invariant(const HostFiles& host = {});

/// Whether KVM uses the hardware's APIC virtualization (Intel APICv, AMD AVIC). Without it each end
/// of interrupt is an exit, unless the guest is offered the paravirtual one.
[[nodiscard]] bool has_apicv(const HostFiles& host = {});

/// Whether the CPU has MONITOR/MWAIT.
[[nodiscard]] bool has_mwait(std::span<const CpuidLeaf> cpuid);

/// Whether a module's parameter is there and on; `file` is "kvm/parameters/nx_huge_pages".
[[nodiscard]] bool module_switch(const HostFiles& host, std::string_view file);

/// The words of /proc/cpuinfo's line `key` ("flags", "vmx flags") for the first CPU, with a blank
/// before and after each.
[[nodiscard]] std::string cpu_flags(const HostFiles& host, std::string_view key = "flags");

}  // namespace takt::x86_host
