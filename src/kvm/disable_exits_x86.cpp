// SPDX-License-Identifier: Apache-2.0
#include <linux/kvm.h>

#include <array>

#include "kvm/disable_exits.h"

namespace takt::kvm {
namespace {

constexpr std::array<DisableExit, 4> exits{{{"hlt", KVM_X86_DISABLE_EXITS_HLT},
                                            {"mwait", KVM_X86_DISABLE_EXITS_MWAIT},
                                            {"pause", KVM_X86_DISABLE_EXITS_PAUSE},
                                            {"cstate", KVM_X86_DISABLE_EXITS_CSTATE}}};

}  // namespace

std::span<const DisableExit> disable_exits() { return exits; }
std::uint32_t disable_exits_capability() { return KVM_CAP_X86_DISABLE_EXITS; }
std::string_view disable_exits_advice() { return ""; }

}  // namespace takt::kvm
