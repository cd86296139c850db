// SPDX-License-Identifier: Apache-2.0
// A doorbell that never leaves the kernel and that can be taken away, as when a BAR moves: a guest
// write ends as a signal on an eventfd (Linux, virt/kvm/api.rst, KVM_IOEVENTFD).
//
// To make one and to end one each blocks for a grace period of the kernel's, so never on a vCPU's
// thread or a server with a deadline. One thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <utility>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "kvm/vm_fd.h"

namespace takt::kvm {

/// Owns what KVM watches for; the end of the object is the end of that.
class Ioeventfd {
 public:
  /// A write of `width` at `at`, of any value. `vm` and `event` outlive the object.
  static Result<Ioeventfd> create(const VmFd& vm, Gpa at, Width width, const Fd& event);
  /// A write of any width, of any value. On VMX the cheapest of all: KVM has not to read the
  /// instruction (virt/kvm/eventfd.c, KVM_FAST_MMIO_BUS). Of 2 or 4 bytes only, which is what the
  /// doorbells of virtio are written with, where KVM lacks KVM_CAP_IOEVENTFD_ANY_LENGTH (before
  /// Linux 4.4).
  static Result<Ioeventfd> any_width(const VmFd& vm, Gpa at, const Fd& event);

  Ioeventfd() = default;
  Ioeventfd(Ioeventfd&& other) noexcept { *this = std::move(other); }
  Ioeventfd& operator=(Ioeventfd&& other) noexcept;
  ~Ioeventfd();

 private:
  static constexpr std::uint8_t any_length = 0;

  Ioeventfd(const VmFd& vm, Gpa at, const Fd& event) : vm_{&vm}, event_{event.raw()}, at_{at} {}
  Result<> add(std::uint8_t length);

  const VmFd* vm_ = nullptr;
  int event_ = -1;
  Gpa at_;
  std::array<std::uint8_t, 2> lengths_ = {};  // the first `count_` are in KVM
  std::uint8_t count_ = 0;
};

}  // namespace takt::kvm
