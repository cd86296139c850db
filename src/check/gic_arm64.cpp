// SPDX-License-Identifier: Apache-2.0
#include "check/gic_arm64.h"

#include "check/capability.h"
#include "check/irq_list.h"
#include "host/arm_host.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

int version_of(const Host& host, std::string_view interrupts) {
  if (host.kvm.device(kvm::vgic_v5_type()).value_or(false) || interrupts.contains("GICv5"))
    return 5;
  if (interrupts.contains("GICv3") || interrupts.contains("GICv4")) return 3;
  if (interrupts.contains("GICv2") || interrupts.contains("GIC-0")) return 2;
  if (host.kvm.device(device_type::vgic_v3).value_or(false)) return 3;
  if (host.kvm.device(device_type::vgic_v2).value_or(false)) return 2;
  return 0;
}

}  // namespace

Gic gic_of(const Host& host) {
  const std::string interrupts = host.files.read("proc/interrupts", interrupts_bytes).value_or("");
  const std::string log = host.kernel_log.value_or("");
  Gic gic{.version = version_of(host, interrupts)};
  gic.its = interrupts.contains("ITS") || log.contains("ITS@") || log.contains("ITS [mem");
  gic.v41 = interrupts.contains("GICv4.1") || log.contains("GICv4.1") || log.contains("RVPEID");
  const bool enabled_log =
      log.contains("GICv4 support enabled") || log.contains("GICv4.1 support enabled");
  gic.v4_enabled = arm_host::gicv4_in_use(host.files) || enabled_log;
  gic.v4 =
      gic.v41 || gic.v4_enabled || log.contains("GICv4 features") || log.contains("Using GICv4");
  switch (gic.version) {
    case 5: gic.text = "v5"; break;
    case 3:
      gic.text = gic.v41 ? "v4.1" : gic.v4 ? "v4" : "v3";
      gic.text += gic.its ? " with ITS" : "";
      break;
    case 2: gic.text = "v2"; break;
    default: break;
  }
  return gic;
}

}  // namespace takt::check
