// SPDX-License-Identifier: Apache-2.0
#include "kvm/cpuid_x86.h"

#include <linux/kvm_para.h>
#include <sys/ioctl.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/bits.h"
#include "kvm/requests_x86.h"

namespace takt::kvm {
namespace {

namespace leaf1 {
using logical_count = Field<23, 16, std::uint32_t>;
using apic_id = Field<31, 24, std::uint32_t>;
constexpr std::uint32_t ecx_monitor = 1u << 3;
constexpr std::uint32_t ecx_x2apic = 1u << 21;
constexpr std::uint32_t ecx_tsc_deadline = 1u << 24;
constexpr std::uint32_t ecx_hypervisor = 1u << 31;
constexpr std::uint32_t edx_htt = 1u << 28;
}  // namespace leaf1

constexpr std::uint32_t topology_leaf = 0xb;
constexpr std::uint32_t topology_v2_leaf = 0x1f;
constexpr std::uint32_t timing_leaf = 0x4000'0010;
constexpr std::uint32_t apic_bus_khz = 1'000'000;  // KVM's LAPIC timer counts nanoseconds

constexpr std::uint32_t kept_pv_features =
    1u << KVM_FEATURE_CLOCKSOURCE | 1u << KVM_FEATURE_NOP_IO_DELAY |
    1u << KVM_FEATURE_CLOCKSOURCE2 | 1u << KVM_FEATURE_CLOCKSOURCE_STABLE_BIT;

kvm_cpuid_entry2* find(CpuidTable& table, std::uint32_t function) {
  const auto it = std::ranges::find(table, function, &kvm_cpuid_entry2::function);
  return it == table.end() ? nullptr : &*it;
}

kvm_cpuid_entry2& find_or_add(CpuidTable& table, std::uint32_t function) {
  if (auto* entry = find(table, function)) return *entry;
  table.push_back({});
  table.back().function = function;
  return table.back();
}

void set_bit(std::uint32_t& word, std::uint32_t bit, bool on) {
  word = on ? word | bit : word & ~bit;
}

void complete_leaf1(kvm_cpuid_entry2& e, const CpuidPolicy& policy) {
  set_bit(e.ecx, leaf1::ecx_x2apic | leaf1::ecx_hypervisor, true);
  set_bit(e.ecx, leaf1::ecx_tsc_deadline, policy.tsc_deadline);
  set_bit(e.ecx, leaf1::ecx_monitor, policy.mwait);
  set_bit(e.edx, leaf1::edx_htt, policy.cpus > 1);
  e.ebx = leaf1::logical_count::set(e.ebx, std::min(policy.cpus, 255u));
}

/// Intel's cache leaves carry a topology of their own: cores in the package, threads that share.
void complete_cache_leaf(kvm_cpuid_entry2& e, std::uint32_t cpus) {
  using max_cores = Field<31, 26, std::uint32_t>;
  using max_sharing = Field<25, 14, std::uint32_t>;
  using level = Field<7, 5, std::uint32_t>;
  const std::uint32_t package = std::bit_ceil(cpus) - 1;
  e.eax = max_cores::set(e.eax, std::min(package, 63u));
  e.eax = max_sharing::set(e.eax, level::get(e.eax) >= 3 ? package : 0);
}

void add_topology(CpuidTable& table, std::uint32_t function, std::uint32_t cpus) {
  const auto add = [&](std::uint32_t index, std::uint32_t shift, std::uint32_t count,
                       std::uint32_t type) {
    table.push_back({.function = function,
                     .index = index,
                     .flags = KVM_CPUID_FLAG_SIGNIFCANT_INDEX,
                     .eax = shift,
                     .ebx = count,
                     .ecx = type << 8 | index,
                     .edx = 0,
                     .padding = {}});
  };
  add(0, 0, 1, 1);  // type 1: thread; one to a core
  add(1, static_cast<std::uint32_t>(std::bit_width(cpus - 1)), cpus, 2);  // type 2: core
  add(2, 0, 0, 0);
}

void replace_topology(CpuidTable& table, std::uint32_t cpus) {
  const bool had_v2 = find(table, topology_v2_leaf) != nullptr;
  std::erase_if(table, [](const kvm_cpuid_entry2& e) {
    return e.function == topology_leaf || e.function == topology_v2_leaf;
  });
  add_topology(table, topology_leaf, cpus);
  if (had_v2) add_topology(table, topology_v2_leaf, cpus);
  auto& leaf0 = find_or_add(table, 0);
  leaf0.eax = std::max(leaf0.eax, topology_leaf);
}

void complete_amd_topology(CpuidTable& table, std::uint32_t cpus) {
  if (auto* sizes = find(table, 0x8000'0008)) {
    using core_id_bits = Field<15, 12, std::uint32_t>;
    using last_core = Field<7, 0, std::uint32_t>;
    sizes->ecx = core_id_bits::set(0, static_cast<std::uint32_t>(std::bit_width(cpus - 1)));
    sizes->ecx = last_core::set(sizes->ecx, std::min(cpus, 256u) - 1);
  }
}

void complete_power_leaf(kvm_cpuid_entry2& e, const CpuidPolicy& policy) {
  constexpr std::uint32_t invariant_tsc = 1u << 8;
  set_bit(e.edx, invariant_tsc, policy.invariant_tsc);
}

void complete_hypervisor_leaves(CpuidTable& table, const CpuidPolicy& policy) {
  if (find(table, KVM_CPUID_SIGNATURE) == nullptr) return;
  std::uint32_t kept = kept_pv_features;
  set_bit(kept, 1u << KVM_FEATURE_POLL_CONTROL, !policy.host_poll);
  set_bit(kept, 1u << KVM_FEATURE_PV_EOI, !policy.virtual_eoi);
  auto& features = find_or_add(table, KVM_CPUID_FEATURES);
  features.eax &= kept;
  set_bit(features.edx, 1u << KVM_HINTS_REALTIME, policy.dedicated);
  if (policy.tsc_khz == 0) return;
  auto& timing = find_or_add(table, timing_leaf);
  timing.eax = policy.tsc_khz;
  timing.ebx = apic_bus_khz;
  auto* signature = find(table, KVM_CPUID_SIGNATURE);
  signature->eax = std::max(signature->eax, timing_leaf);
}

}  // namespace

Result<CpuidTable> supported_cpuid(const System& system) {
  for (std::uint32_t room = 128; room <= 4096; room *= 2) {
    std::vector<std::byte> buffer(sizeof(FlexHeader) + room * sizeof(kvm_cpuid_entry2));
    FlexHeader header{.entries = room};
    std::memcpy(buffer.data(), &header, sizeof header);
    if (::ioctl(system.fd().raw(), get_supported_cpuid, buffer.data()) == 0) {
      std::memcpy(&header, buffer.data(), sizeof header);
      CpuidTable table(header.entries);
      std::memcpy(table.data(), buffer.data() + sizeof header,
                  table.size() * sizeof(kvm_cpuid_entry2));
      return table;
    }
    if (errno != E2BIG) break;
  }
  return sys_error("KVM_GET_SUPPORTED_CPUID");
}

CpuidTable guest_cpuid(CpuidTable table, const CpuidPolicy& policy) {
  complete_leaf1(find_or_add(table, 1), policy);
  for (auto& e : table)
    if (e.function == 4) complete_cache_leaf(e, policy.cpus);
  replace_topology(table, policy.cpus);
  complete_amd_topology(table, policy.cpus);
  complete_power_leaf(find_or_add(table, 0x8000'0007), policy);
  complete_hypervisor_leaves(table, policy);
  return table;
}

CpuidTable vcpu_cpuid(CpuidTable table, VcpuId id) {
  for (auto& e : table) {
    if (e.function == 1) e.ebx = leaf1::apic_id::set(e.ebx, id.raw());
    if (e.function == topology_leaf || e.function == topology_v2_leaf) e.edx = id.raw();
    if (e.function == 0x8000'001e)
      e = {.function = e.function,
           .index = 0,
           .flags = 0,
           .eax = id.raw(),
           .ebx = id.raw() & 0xff,
           .ecx = 0,
           .edx = 0,
           .padding = {}};
  }
  return table;
}

unsigned physical_address_bits(const CpuidTable& table) {
  using guest_bits = Field<23, 16, std::uint32_t>;
  using bits = Field<7, 0, std::uint32_t>;
  const auto leaf = std::ranges::find(table, 0x8000'0008u, &kvm_cpuid_entry2::function);
  if (leaf == table.end()) return 36;
  return guest_bits::get(leaf->eax) != 0 ? guest_bits::get(leaf->eax) : bits::get(leaf->eax);
}

}  // namespace takt::kvm
