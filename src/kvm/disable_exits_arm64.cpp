// SPDX-License-Identifier: Apache-2.0
#include <linux/kvm.h>

#include <array>

#include "kvm/disable_exits.h"

namespace takt::kvm {
namespace {

// As proposed for KVM_CAP_ARM_DISABLE_EXITS (kvmarm, April 2026); no released kernel has it yet.
constexpr std::array<DisableExit, 2> exits{{{"wfi", 1u << 0}, {"wfe", 1u << 1}}};

}  // namespace

std::span<const DisableExit> disable_exits() { return exits; }

std::uint32_t disable_exits_capability() {
#ifdef KVM_CAP_ARM_DISABLE_EXITS
  return KVM_CAP_ARM_DISABLE_EXITS;
#else
  return 0;
#endif
}

std::string_view disable_exits_advice() {
  return "; for all VMs of a host: boot it with kvm-arm.wfi_trap_policy=notrap "
         "kvm-arm.wfe_trap_policy=notrap";
}

}  // namespace takt::kvm
