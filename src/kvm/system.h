// SPDX-License-Identifier: Apache-2.0
// /dev/kvm itself: what this host's KVM can do, and the making of VMs.
#pragma once

#include <cstdint>

#include "base/fd.h"
#include "base/result.h"

namespace takt::kvm {

class System {
 public:
  /// Opens /dev/kvm. The error says whether KVM is absent or forbidden, and what to do.
  static Result<System> open();

  /// KVM_CHECK_EXTENSION: 0 when absent, else 1 or a capability's own number.
  [[nodiscard]] int extension(int capability) const;
  [[nodiscard]] std::size_t vcpu_mmap_bytes() const { return vcpu_mmap_bytes_; }
  [[nodiscard]] const Fd& fd() const { return fd_; }

 private:
  Fd fd_;
  std::size_t vcpu_mmap_bytes_ = 0;
};

}  // namespace takt::kvm
