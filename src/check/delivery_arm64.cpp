// SPDX-License-Identifier: Apache-2.0
// Compiled and tested on every machine.
#include <fmt/format.h>

#include "check/delivery.h"
#include "check/gic_arm64.h"
#include "host/linux_host.h"

namespace takt::check {
namespace {

/// How the host's CPU presents a virtual interrupt.
std::string list_register(const Gic& gic) {
  if (gic.version == 5) return "GICv5";
  return gic.version == 2 ? "GICv2 list register" : "GICv3 list register";
}

Delivery timer(const Gic& gic) {
  const std::string name{event::timer};
  if (gic.version == 5)
    return {
        name, "GICv5 private interrupt, direct", "0",
        "in a VM with a virtual GICv5 (Linux 7.1), which takt does not build yet; with GICv3: 1"};
  return {name, "virtual timer, host PPI, " + list_register(gic) + " with the HW bit", "1",
          "the expiry; arming and deactivation are the hardware's",
          gic.version == 3 ? "1.00 in the lab" : ""};
}

Delivery ipi(const Gic& gic) {
  const std::string name{event::ipi};
  if (gic.v41 && gic.v4_enabled)
    return {name, "GICv4.1 vSGI", "1",
            "sending traps (ICC_SGI1R_EL1); the running target has no exit"};
  return {name, "trap, " + list_register(gic), "2",
          gic.version == 2 ? "the write of GICD_SGIR, and the target's kick"
                           : "the write of ICC_SGI1R_EL1, and the target's kick",
          gic.version == 3 ? "1.00 of the sender, 1 of another receiver, in the lab" : ""};
}

bool has_iommu(const Host& host) {
  const auto units = host.files.list("sys/class/iommu");
  return units && !units->empty();
}

Delivery assigned_msi(const Host& host, const Gic& gic) {
  const std::string name{event::assigned_msi};
  if (!has_iommu(host)) return {name, "none: no SMMU seen", "-", "no device can be assigned"};
  if (gic.v4_enabled)
    return {name, gic.v41 ? "GICv4.1 vLPI" : "GICv4 vLPI", "0",
            "when the guest maps the event before it programs the device; a vCPU that sleeps is "
            "woken by its doorbell"};
  return {name, "host LPI, irqfd, virtual LPI, " + list_register(gic), "1",
          gic.v4 ? "0 with kvm-arm.vgic_v4_enable=1" : "the kick"};
}

Delivery assigned_level(const Host& host, const Gic& gic) {
  const std::string name{event::assigned_level};
  if (!has_iommu(host)) return {name, "none: no SMMU seen", "-", "no device can be assigned"};
  return {name, "host interrupt (masked by VFIO), irqfd with resample, " + list_register(gic), "2",
          "the kick, and the maintenance interrupt at its end, to unmask the device"};
}

Delivery emulated_msi(const Gic& gic) {
  const std::string name{event::emulated_msi};
  if (gic.version == 2) return {name, "none: no virtual ITS with GICv2", "-", "use a pin"};
  return {name, "irqfd, virtual LPI, " + list_register(gic), "1", "the kick of a running vCPU"};
}

Delivery emulated_pin(const Gic& gic) {
  return {std::string{event::emulated_pin}, "KVM_IRQ_LINE, virtual SPI, " + list_register(gic),
          "1-2", "the kick; level: also the maintenance interrupt at its end"};
}

Delivery idle(const Host& host, const Gic& gic) {
  const std::string name{event::idle};
  const std::string policy = linux_host::kernel_parameter(host.files, "kvm-arm.wfi_trap_policy");
  if (policy == "notrap")
    return {name, "WFI stays in the guest", "0", "kvm-arm.wfi_trap_policy=notrap"};
  const std::string poll =
      host.files.line("sys/module/kvm/parameters/halt_poll_ns").value_or("unknown") + " ns";
  if (policy.empty() && gic.v4_enabled)
    return {name, "WFI stays in the guest while it is alone on its CPU", "0-1",
            "only for a VM with a GICv4 device; else a wake-up unless polling catches it (" + poll +
                ")"};
  return {name, "WFI exits", "1",
          "and a wake-up by the host's scheduler unless polling catches it (" + poll +
              "); kvm-arm.wfi_trap_policy=notrap: 0"};
}

}  // namespace

std::vector<Delivery> delivery_arm64(const Host& host) {
  const Gic gic = gic_of(host);
  return {timer(gic),        ipi(gic),          assigned_msi(host, gic), assigned_level(host, gic),
          emulated_msi(gic), emulated_pin(gic), idle(host, gic)};
}

std::vector<Delivery> delivery_matrix(const Host& host) {
  if (host.kvm.problem.empty())
    return host.arch() == Arch::arm64 ? delivery_arm64(host) : delivery_x86(host);
  std::vector<Delivery> none;
  for (const std::string_view name :
       {event::timer, event::ipi, event::assigned_msi, event::assigned_level, event::emulated_msi,
        event::emulated_pin, event::idle})
    none.push_back({std::string{name}, "none: no KVM", "-", ""});
  return none;
}

}  // namespace takt::check
