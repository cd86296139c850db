// SPDX-License-Identifier: Apache-2.0
#include "host/arm_host.h"

#include "host/linux_host.h"

namespace takt::arm_host {
namespace {

std::string policy_text(const std::string& policy, std::string_view otherwise) {
  if (policy == "trap") return "always exits (trap)";
  if (policy == "notrap") return "never exits (notrap)";
  return std::string{otherwise};
}

}  // namespace

bool gicv4_in_use(const HostFiles& host) {
  const auto interrupts = host.read("proc/interrupts", interrupts_bytes);
  return interrupts && interrupts->contains("GICv4");
}

std::string wfi_policy_text(const HostFiles& host) {
  return policy_text(linux_host::kernel_parameter(host, "kvm-arm.wfi_trap_policy"),
                     "exits, except with GICv4 while no other thread wants the CPU (default)");
}

std::string wfe_policy_text(const HostFiles& host) {
  return policy_text(linux_host::kernel_parameter(host, "kvm-arm.wfe_trap_policy"),
                     "exits while another thread wants the CPU (default)");
}

}  // namespace takt::arm_host
