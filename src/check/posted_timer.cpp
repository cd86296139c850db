// SPDX-License-Identifier: Apache-2.0
#include "check/posted_timer.h"

#include "host/linux_host.h"
#include "host/x86_host.h"

namespace takt::check {

PostedTimer posted_timer(const Host& host) {
  if (host.arch() != Arch::x86) return {};
  const auto value = host.files.line("sys/module/kvm/parameters/pi_inject_timer");
  if (!value) return {.why = value.error().text};
  if (!host.files.exists("sys/module/kvm_intel") && !host.files.exists("sys/module/kvm_amd"))
    return {.why = "neither kvm_intel nor kvm_amd is loaded"};
  if (!x86_host::has_apicv(host.files))
    return {.known = true, .why = "needs APIC virtualization (APICv, AVIC)"};
  // -1 is "as KVM decides when it is loaded", and it then writes 0 or 1.
  const bool on = *value == "1" || *value == "Y";
  if (!on) return {.known = true, .why = "kvm.pi_inject_timer=" + *value};
  return {.known = true, .on = true, .why = "kvm.pi_inject_timer=" + *value};
}

}  // namespace takt::check
