// SPDX-License-Identifier: Apache-2.0
// A KVM virtual machine: memory slots, interrupt controller, capabilities. Set-up only: what runs
// beside the guest is set_irq_line() and signal_msi().
#pragma once

#include <cstdint>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/units.h"
#include "bus/msi.h"
#include "kvm/system.h"

namespace takt::kvm {

class VmFd {
 public:
  /// KVM_CREATE_VM; `type` is the architecture's argument of it. `system` outlives the VM.
  static Result<VmFd> create(const System& system, unsigned long type);

  /// Makes `host` the guest's RAM at `gpa`; both ends on page boundaries, at most one call for
  /// each `slot`. Blocks for a grace period of the kernel's.
  Result<> set_memslot(std::uint32_t slot, Gpa gpa, std::span<std::byte> host);

  /// KVM_ENABLE_CAP with one argument.
  Result<> enable(std::uint32_t capability, std::uint64_t arg0);
  /// Which bits of disable_exits() in `mask` this host does not offer: an error that names them.
  Result<> check_disable_exits(std::uint32_t mask) const;
  /// Disables those exits in `mask` that the host lets be disabled; returns them. Before the first
  /// vCPU.
  Result<std::uint32_t> disable_exits(std::uint32_t mask);
  /// KVM_CAP_HALT_POLL: how long a vCPU that halts is polled for before its thread sleeps.
  Result<> set_halt_poll_ns(std::uint32_t ns);

  /// Drives an interrupt controller's input pin. One system call that does the delivery in the
  /// caller's context (an irqfd on a pin would hand it to a kernel worker thread of ordinary
  /// priority: virt/kvm/eventfd.c, irqfd_wakeup). Any thread; does not block.
  void set_irq_line(Gsi gsi, bool level) const RT;

  /// Delivers `message` as if the device with requester id `devid` had written it (only a GIC looks
  /// at who it was). One system call, KVM_SIGNAL_MSI, that does the delivery in the caller's
  /// context. Any thread. False when KVM knows no target for it: what a guest programmed is wrong.
  bool signal_msi(const MsiMessage& message, std::uint32_t devid) const RT;

  /// From now on, and for as long as the VM lives, a guest write of any value ends in the kernel as
  /// a signal on `event`. For one that can end: Ioeventfd.
  Result<> add_eventfd(Port port, Width width, const Fd& event);
  Result<> add_eventfd(Gpa gpa, Width width, const Fd& event);

  /// Whether KVM_CREATE_DEVICE knows KVM_DEV_TYPE_`type` here.
  [[nodiscard]] bool has_device(std::uint32_t type) const;
  /// KVM_CREATE_DEVICE: a part that is in the kernel, driven through its own descriptor.
  [[nodiscard]] Result<Fd> create_device(std::uint32_t type) const;

  [[nodiscard]] const System& system() const { return *system_; }
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  [[nodiscard]] std::uint32_t offered_disable_exits() const;
  Result<> add_eventfd(std::uint64_t address, std::uint32_t flags, Width width, const Fd& event);

  const System* system_ = nullptr;
  Fd fd_;
};

}  // namespace takt::kvm
