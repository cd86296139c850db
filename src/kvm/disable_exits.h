// SPDX-License-Identifier: Apache-2.0
// The idle and pause instructions that a VM's vCPUs may execute without an exit, by the names that
// users give them (Linux, virt/kvm/api.rst 7.13). Each architecture has its own.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace takt::kvm {

struct DisableExit {
  std::string_view name;
  std::uint32_t bit = 0;  // in the argument of the capability
};

/// All that this architecture knows.
[[nodiscard]] std::span<const DisableExit> disable_exits();
/// What KVM_ENABLE_CAP takes; 0 when the kernel headers that takt was built with have none.
[[nodiscard]] std::uint32_t disable_exits_capability();
/// What else a user can do who is refused; "" if nothing.
[[nodiscard]] std::string_view disable_exits_advice();

/// "hlt,pause"; "none" for 0.
[[nodiscard]] std::string disable_exits_text(std::uint32_t mask);

}  // namespace takt::kvm
