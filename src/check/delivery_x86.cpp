// SPDX-License-Identifier: Apache-2.0
// Compiled and tested on every machine.
#include <fmt/format.h>

#include "check/capability.h"
#include "check/delivery.h"
#include "check/posted_timer.h"
#include "check/posting_x86.h"
#include "host/x86_host.h"

namespace takt::check {
namespace {

constexpr const char* counted_on_svm = "2.66 on the lab's SVM without AVIC";

struct X86 {
  bool apicv = false, amd = false, ipiv = false, hv_timer = false, apic_timer = false;
  bool hlt = false;        // its exits can be disabled
  bool migration = false;  // kernel.timer_migration
  PostedTimer posted = {};
  Posting posting = {};
  std::string halt_poll = {};
};

X86 look_at(const Host& host) {
  const HostFiles& files = host.files;
  const auto on = [&](std::string_view file) { return x86_host::module_switch(files, file); };
  const bool amd = files.exists("sys/module/kvm_amd");
  constexpr int hlt_bit = 2;  // KVM_X86_DISABLE_EXITS_HLT
  // takt's guests have an x2APIC: without x2AVIC their accesses to it are exits. IPI virtualization
  // was part of AVIC, without a parameter, before Linux 6.17.
  const bool x2avic = x86_host::cpu_flags(files).contains(" x2avic ");
  const std::string ipiv =
      amd ? "kvm_amd/parameters/enable_ipiv" : "kvm_intel/parameters/enable_ipiv";
  return {.apicv = x86_host::has_apicv(files) && (!amd || x2avic),
          .amd = amd,
          .ipiv = on(ipiv) || (amd && !files.exists("sys/module/" + ipiv)),
          .hv_timer = on("kvm_intel/parameters/preemption_timer"),
          .apic_timer = on("kvm_intel/parameters/enable_apic_timer_virt"),
          .hlt = (host.kvm.capability(cap::x86_disable_exits) & hlt_bit) != 0,
          .migration = files.number("proc/sys/kernel/timer_migration").value_or(1) == 1,
          .posted = posted_timer(host),
          .posting = device_posting(host),
          .halt_poll = files.line("sys/module/kvm/parameters/halt_poll_ns").value_or("unknown")};
}

Delivery timer(const X86& x) {
  const std::string name{event::timer};
  if (x.apic_timer)
    return {name, "APIC-timer virtualization", "0", "arming and expiry are the hardware's"};
  if (x.posted.on && x.hlt && x.migration)
    return {name, "posted timer (kvm.pi_inject_timer)", "1",
            "arming writes TSC_DEADLINE (KVM's fast path); another CPU posts the expiry. With "
            "--disable-exits hlt or mwait; else 2"};
  if (x.posted.on && x.hlt)
    return {name, "posted timer (kvm.pi_inject_timer)", "2",
            "kernel.timer_migration=0 keeps the timer on the vCPU's own CPU: arming, and expiry by "
            "a host interrupt; with 1 it is one"};
  if (x.hv_timer)
    return {name, "VMX preemption timer", x.apicv ? "2" : "2-3",
            x.apicv ? "arming writes TSC_DEADLINE, and the expiry"
                    : "arming, the expiry, and its end unless PV EOI saves it"};
  if (x.apicv)
    return {name, "timer of the host's, then the virtual APIC", "2", "arming, and the expiry"};
  return {name, "timer of the host's, then the emulated APIC", "2-3",
          "arming, the expiry, and its end unless PV EOI saves it", x.amd ? counted_on_svm : ""};
}

Delivery ipi(const X86& x) {
  const std::string name{event::ipi};
  if (x.apicv && x.ipiv)
    return {name, x.amd ? "AVIC" : "Intel IPI virtualization", "0",
            "a target that sleeps or is preempted: 1, of the sender"};
  if (x.apicv)
    return {name, x.amd ? "AVIC, sent through KVM" : "posted interrupt, sent through KVM", "1",
            "the write of ICR; the running target takes it without one"};
  return {name, "emulated APIC", "2-3",
          "the write of ICR, the target's kick, and its end unless PV EOI saves it"};
}

Delivery assigned_msi(const X86& x) {
  const std::string name{event::assigned_msi};
  if (x.posting.why == "no IOMMU")
    return {name, "none: no IOMMU", "-", "no device can be assigned"};
  if (x.posting.on)
    return {name, x.posting.amd ? "AMD IOMMU, guest APIC mode (AVIC)" : "VT-d posted interrupt",
            "0",
            "for one target with a fixed vector; to several it goes as a host interrupt and irqfd"};
  if (x.apicv)
    return {name, "host interrupt, irqfd, virtual APIC", "0-1",
            "0 when the host takes it on another CPU. Not posted: " + x.posting.why};
  return {name, "host interrupt, irqfd, emulated APIC", "1-2",
          "the kick, and its end unless PV EOI saves it"};
}

Delivery assigned_level(const X86& x) {
  const std::string name{event::assigned_level};
  if (x.posting.why == "no IOMMU")
    return {name, "none: no IOMMU", "-", "no device can be assigned"};
  return {name, "host interrupt (masked by VFIO), irqfd with resample", x.apicv ? "1-2" : "2-3",
          "its end always exits, to unmask the device; needs the whole irqchip in the kernel"};
}

Delivery emulated_msi(const X86& x) {
  const std::string name{event::emulated_msi};
  if (x.apicv) return {name, "irqfd, virtual APIC", "0", "the device's thread on another CPU"};
  return {name, "irqfd, emulated APIC", "1-2", "the kick, and its end unless PV EOI saves it"};
}

Delivery emulated_pin(const X86& x) {
  const std::string name{event::emulated_pin};
  return {name, "KVM_IRQ_LINE, in-kernel I/O APIC", x.apicv ? "0-1" : "1-2",
          x.apicv ? "edge: none; level: its end"
                  : "the kick, and its end (an edge's is saved by PV EOI)"};
}

Delivery idle(const X86& x) {
  const std::string name{event::idle};
  if (x.hlt)
    return {name, "HLT stays in the guest (--disable-exits hlt)", "0",
            "otherwise 1, and a wake-up by the host's scheduler unless polling catches it (" +
                x.halt_poll + " ns)"};
  return {
      name, "HLT exits", "1",
      "and a wake-up by the host's scheduler unless polling catches it (" + x.halt_poll + " ns)"};
}

}  // namespace

std::vector<Delivery> delivery_x86(const Host& host) {
  const X86 x = look_at(host);
  return {timer(x),        ipi(x),          assigned_msi(x), assigned_level(x),
          emulated_msi(x), emulated_pin(x), idle(x)};
}

}  // namespace takt::check
