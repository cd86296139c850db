// SPDX-License-Identifier: Apache-2.0
// A KVM virtual machine: memory slots, interrupt controller, capabilities. Set-up only: the one
// function that runs beside the guest is set_irq_line().
#pragma once

#include <cstdint>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/units.h"
#include "kvm/system.h"

namespace takt::kvm {

/// Exits that the guest's idle and pause instructions need not make (api.rst 7.13). Bit values are
/// KVM_X86_DISABLE_EXITS_*.
enum class DisableExit : std::uint32_t { mwait = 1, hlt = 2, pause = 4, cstate = 8 };

class VmFd {
 public:
  /// KVM_CREATE_VM. `system` outlives the VM.
  static Result<VmFd> create(const System& system);

  /// Makes `host` the guest's RAM at `gpa`; both ends on page boundaries, at most one call for
  /// each `slot`. Blocks for a grace period of the kernel's.
  Result<> set_memslot(std::uint32_t slot, Gpa gpa, std::span<std::byte> host);

  /// The in-kernel interrupt controllers. Before the first vCPU.
  Result<> create_irqchip();
  /// The in-kernel i8254 with its port 0x61 (x86). After create_irqchip().
  Result<> create_pit();
  /// Which of the DisableExit bits in `mask` this host does not offer: an error that names them.
  Result<> check_disable_exits(std::uint32_t mask) const;
  /// KVM_CAP_X86_DISABLE_EXITS with those bits of `mask` that the host offers (x86); returns them.
  /// Before the first vCPU.
  Result<std::uint32_t> disable_exits(std::uint32_t mask);
  /// KVM_CAP_HALT_POLL: how long a vCPU that halts is polled for before its thread sleeps.
  Result<> set_halt_poll_ns(std::uint32_t ns);

  /// Drives an interrupt controller's input pin. One system call that does the delivery in the
  /// caller's context (an irqfd on an IOAPIC pin would hand it to a kernel worker thread of
  /// ordinary priority: virt/kvm/eventfd.c, irqfd_wakeup). Any thread; does not block.
  void set_irq_line(Gsi gsi, bool level) const RT;

  /// From now on a guest write of any value to `port` ends in the kernel as a signal on `event`.
  Result<> add_pio_eventfd(Port port, Width width, const Fd& event);

  [[nodiscard]] const System& system() const { return *system_; }
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  Result<> enable(std::uint32_t capability, std::uint64_t arg0);

  const System* system_ = nullptr;
  Fd fd_;
};

}  // namespace takt::kvm
