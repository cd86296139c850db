// SPDX-License-Identifier: Apache-2.0
// A VM of this host's KVM for tests; they are skipped where there is none.
#pragma once

#include <gtest/gtest.h>
#include <linux/kvm.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/ioctl.h"
#include "base/units.h"
#include "kvm/irqchip_x86.h"
#include "kvm/system.h"
#include "kvm/vcpu_fd.h"
#include "kvm/vm_fd.h"

namespace takt::kvm::test {

class VmTest : public testing::Test {
 protected:
  /// With or without interrupt controllers in KVM, and with one vCPU.
  void make_vm(bool irqchip) {
    auto system = System::open();
    if (!system) GTEST_SKIP() << system.error().text;
    system_ = std::move(*system);
    auto vm = VmFd::create(system_, 0);
    ASSERT_TRUE(vm) << vm.error().text;
    vm_ = std::move(*vm);
    const auto made = irqchip ? create_irqchip(vm_) : Result<>{};
    ASSERT_TRUE(made) << made.error().text;
    auto vcpu = VcpuFd::create(vm_, VcpuId{0});
    ASSERT_TRUE(vcpu) << vcpu.error().text;
    vcpu_.emplace(std::move(*vcpu));
  }

  System system_;
  VmFd vm_;
  std::optional<VcpuFd> vcpu_;
};

}  // namespace takt::kvm::test
