// SPDX-License-Identifier: Apache-2.0
// A KVM virtual CPU. After set-up it belongs to its thread: only that thread calls run() and looks
// at the exit. Other threads may call request_exit() only.
#pragma once

#include <linux/kvm.h>

#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/units.h"
#include "kvm/exit.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

class VcpuFd {
 public:
  static Result<VcpuFd> create(const VmFd& vm, VcpuId id);
  VcpuFd(VcpuFd&& other) noexcept;
  VcpuFd& operator=(VcpuFd&&) = delete;
  ~VcpuFd();

  /// Enters the guest; returns on the next exit that needs user space.
  ExitKind run() RT;

  /// The access of the last exit; valid until the next run().
  [[nodiscard]] PioExit pio() const RT;
  [[nodiscard]] MmioExit mmio() const RT;
  [[nodiscard]] SystemEvent system_event() const RT;

  /// After odd_access: the guest gets the abort that a bus without a device there gives.
  void refuse_access() RT;
  /// After SystemEvent::suspend: the next run() sleeps until an interrupt for this vCPU is pending
  /// and returns SystemEvent::wakeup, after which wake_up() lets it start where it had asked to
  /// (PSCI 1.1, ARM DEN 0022D.b, 5.19). False when KVM or the architecture knows no such thing.
  [[nodiscard]] bool suspend() RT;
  [[nodiscard]] bool wake_up() RT;

  /// Makes this and every later run() return ExitKind::interrupted at once. Any thread; a thread
  /// that is in the guest needs a signal as well.
  void request_exit() RT;
  /// Takes request_exit() back. The vCPU's thread only, which looks afterwards at why it was asked:
  /// a request that comes later is never lost.
  void clear_exit_request() RT;
  /// The guest stood still for a while that its own watchdogs must not count, where KVM can say so
  /// (x86: KVM_KVMCLOCK_CTRL, for guests that use kvmclock). The vCPU's thread only.
  void tell_of_pause() RT;

  /// What KVM says about a failure, for a person: the exit's numbers and the registers. Allocates.
  [[nodiscard]] std::string describe_failure() const;

  [[nodiscard]] VcpuId id() const { return id_; }
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  struct ResumePoint {
    std::uint64_t pc = 0;
    std::uint64_t context = 0;
  };

  [[nodiscard]] std::string describe_exit() const;
  VcpuFd(VcpuId id, Fd fd) : id_{id}, fd_{std::move(fd)} {}

  VcpuId id_;
  Fd fd_;
  kvm_run* run_ = nullptr;  // shared with the kernel
  std::size_t run_bytes_ = 0;
  int run_errno_ = 0;
  ResumePoint resume_;  // of suspend()
};

/// Where the vCPU is and what it was doing, one line; implemented per architecture.
[[nodiscard]] std::string describe_registers(const VcpuFd& vcpu);

}  // namespace takt::kvm
