// SPDX-License-Identifier: Apache-2.0
#include "host/arm_host.h"

#include <gtest/gtest.h>

#include "host/linux_host.h"
#include "host/test_host_dir.h"

namespace takt::arm_host {
namespace {

class ArmHost : public testing::Test {
 protected:
  void has(const std::string& file, std::string_view content) const { dir.has(file, content); }

  TestHostDir dir;
  const std::filesystem::path& root = dir.root();
};

TEST_F(ArmHost, WithoutAnyFileIsAnOrdinaryOne) {
  EXPECT_FALSE(gicv4_in_use(root));
  EXPECT_FALSE(linux_host::is_preempt_rt(root));
  EXPECT_EQ(wfi_policy_text(root),
            "exits, except with GICv4 while no other thread wants the CPU (default)");
}

TEST_F(ArmHost, UsesGicV4WhenADoorbellIsRegistered) {
  has("proc/interrupts",
      "           CPU0\n 11:   4711  GICv3  27 Level  arch_timer\n"
      " 54:   0  GICv4-vpe   0 Edge  vcpu\n");
  EXPECT_TRUE(gicv4_in_use(root));
}

TEST_F(ArmHost, GicV3AloneIsNotGicV4) {
  has("proc/interrupts", " 11:   4711  GICv3  27 Level  arch_timer\n");
  EXPECT_FALSE(gicv4_in_use(root));
}

TEST_F(ArmHost, IsPreemptRtWhenTheKernelSaysSo) {
  has("sys/kernel/realtime", "1\n");
  EXPECT_TRUE(linux_host::is_preempt_rt(root));
}

TEST_F(ArmHost, TheLastPolicyOnTheCommandLineCounts) {
  has("proc/cmdline",
      "quiet kvm-arm.wfi_trap_policy=trap kvm-arm.wfi_trap_policy=notrap panic=-1\n");
  EXPECT_EQ(wfi_policy_text(root), "never exits (notrap)");
}

TEST_F(ArmHost, WfiAndWfeAreToldApart) {
  has("proc/cmdline", "kvm-arm.wfe_trap_policy=trap\n");
  EXPECT_EQ(wfe_policy_text(root), "always exits (trap)");
  EXPECT_EQ(wfi_policy_text(root),
            "exits, except with GICv4 while no other thread wants the CPU (default)");
}

}  // namespace
}  // namespace takt::arm_host
