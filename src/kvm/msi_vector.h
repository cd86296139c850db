// SPDX-License-Identifier: Apache-2.0
// One MSI or MSI-X vector of a device: a GSI with a route, fire() for device models, and, where it
// is wanted, an eventfd for those who signal it from inside the kernel (vhost, VFIO).
//
// Why fire() is KVM_SIGNAL_MSI and not a write to the eventfd. Either is one system call, and for
// most messages both deliver in the caller's context. But the irqfd's wake-up (virt/kvm/eventfd.c,
// irqfd_wakeup) runs under a spin lock with interrupts off, and what KVM cannot deliver there
// (kvm_arch_set_irq_inatomic) it hands to a kernel worker of ordinary priority, which a FIFO vCPU
// on the worker's CPU holds up for ever. That is so
//   x86    for a logical destination when the vCPUs' APICs are not all in one mode, as when an RTOS
//          with xAPIC runs beside a Linux with x2APIC; for a broadcast; and for lowest priority
//          with several destinations when kvm.vector_hashing is off
//   arm64  for an LPI whose translation the ITS has not cached: the first one after the guest maps
//          or moves it, and any one where many devices share the small cache of Linux before 6.10
// KVM_SIGNAL_MSI delivers all of these in the caller's context. On arm64 without a cached
// translation it takes the ITS's mutex, which a vCPU holds for one command of the guest's to its
// ITS; with inheritance only where the host's kernel is PREEMPT_RT.
//
// Kernel-side users of event() have the worker's delay for these messages.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/units.h"
#include "bus/msi.h"
#include "kvm/gsi_routing.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

class IrqfdVector final : public MsiVector {
 public:
  enum class By : std::uint8_t { takt, kernel };

  /// For the device with requester id `devid` (bus << 8 | devfn); signalled by fire() alone, or by
  /// the kernel too: then it has an event(). Set-up only; `vm` and `routing` outlive the vector.
  static Result<std::unique_ptr<IrqfdVector>> create(const VmFd& vm, GsiRouting& routing,
                                                     std::uint32_t devid, By by = By::takt);
  IrqfdVector(const IrqfdVector&) = delete;
  IrqfdVector& operator=(const IrqfdVector&) = delete;

  void fire() RT override;
  /// The thread of `routing`. Does nothing, and does not block, when the message is the one in
  /// force: a guest that unmasks a vector brings the same one again. While it changes, a fire() on
  /// another thread goes by the old message, the new one, or the one's address with the other's
  /// data, as on hardware: guests mask the vector for it (PCI Local Bus 3.0, 6.8.2).
  void set_message(const MsiMessage& message) override;

  /// For kernel-side users. takt never signals it, and reads what comes while it is not let
  /// through: from then on nobody but KVM sees a signal (Linux 5.11; before, a watcher is woken to
  /// find nothing).
  [[nodiscard]] int event() const RT override { return event_.raw(); }
  /// Whether it was signalled while it was not let through, since the last call. Any thread.
  [[nodiscard]] bool take_event() RT { return drain_eventfd(event_); }
  /// KVM has the eventfd, or has it not. What was signalled before is delivered then.
  void let_through(bool on) override;
  [[nodiscard]] Gsi gsi() const { return gsi_; }
  /// How many messages KVM has refused, when they were set or when they were fired. Any thread.
  [[nodiscard]] std::uint64_t refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  IrqfdVector(const VmFd& vm, GsiRouting& routing, std::uint32_t devid, Gsi gsi, Fd event)
      : vm_{vm}, routing_{routing}, devid_{devid}, gsi_{gsi}, event_{std::move(event)} {}
  [[nodiscard]] bool is_in_force(const MsiMessage& message) const;
  void publish(const MsiMessage& message);
  void silence();
  void count_refusal() { refused_.fetch_add(1, std::memory_order_relaxed); }

  const VmFd& vm_;
  GsiRouting& routing_;
  const std::uint32_t devid_;
  const Gsi gsi_;
  const Fd event_;
  bool bound_ = false;  // KVM has the eventfd; it lets go of it when the eventfd is closed
  // The message as fire() sees it.
  std::atomic<std::uint64_t> address_ = 0;
  std::atomic<std::uint32_t> data_ = 0;
  std::atomic<bool> has_message_ = false;
  std::atomic<std::uint64_t> refused_ = 0;
};

}  // namespace takt::kvm
