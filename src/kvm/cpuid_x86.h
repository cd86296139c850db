// SPDX-License-Identifier: Apache-2.0
// What the guest's CPUID says: what KVM supports on this host, cut and completed for a vCPU that
// has a host CPU of its own (Intel SDM vol. 2A, CPUID; AMD APM vol. 3, appendix E; Linux,
// virt/kvm/x86/cpuid.rst).
#pragma once

#include <linux/kvm.h>

#include <cstdint>
#include <vector>

#include "base/result.h"
#include "base/units.h"
#include "kvm/system.h"

namespace takt::kvm {

using CpuidTable = std::vector<kvm_cpuid_entry2>;

struct CpuidPolicy {
  std::uint32_t cpus = 1;
  bool tsc_deadline = true;    // KVM_CAP_TSC_DEADLINE_TIMER: not part of the supported table
  bool mwait = false;          // MWAIT exits are off and the host has the instruction
  bool invariant_tsc = false;  // the host's TSC is; see x86_host
  bool host_poll = false;      // the user wants KVM to poll at HLT: the guest may not switch it off
  bool dedicated = false;      // no vCPU waits for its CPU: the guest may poll when it is idle
  bool virtual_eoi = false;    // no exit at the end of an interrupt: see x86_host
  std::uint32_t tsc_khz = 0;   // 0: unknown, the timing leaf is left out
};

/// KVM_GET_SUPPORTED_CPUID.
[[nodiscard]] Result<CpuidTable> supported_cpuid(const System& system);

/// The part that is the same for all vCPUs. Out go the paravirtual features that replace hardware
/// which a dedicated vCPU has at full speed (asynchronous page faults, stolen time, PV
/// spinlocks, PV IPIs, PV TLB flush, and PV EOI where the hardware does without an exit); in come
/// x2APIC, TSC deadline, KVM_HINTS_REALTIME for dedicated vCPUs, the TSC's frequency (leaf
/// 0x4000'0010) and a topology of one package with one thread per core.
[[nodiscard]] CpuidTable guest_cpuid(CpuidTable supported, const CpuidPolicy& policy);

/// `table` with the fields that hold the vCPU's own x2APIC id.
[[nodiscard]] CpuidTable vcpu_cpuid(CpuidTable table, VcpuId id);

/// How many bits of a guest-physical address the guest's CPUs use: leaf 0x8000'0008, EAX[23:16]
/// where a host fills that in (second-level paging reaches less than its CPUs), else EAX[7:0]; 36
/// without the leaf.
[[nodiscard]] unsigned physical_address_bits(const CpuidTable& table);

}  // namespace takt::kvm
