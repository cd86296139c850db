// SPDX-License-Identifier: Apache-2.0
#include "host/arm_host.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

namespace takt::arm_host {
namespace {

/// A recorded host: a directory with the files that are looked at.
class ArmHost : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "takt-host-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    root = name;
  }
  void TearDown() override { std::filesystem::remove_all(root); }

  void has(const std::string& file, std::string_view content) const {
    std::filesystem::create_directories((root / file).parent_path());
    std::ofstream{root / file} << content;
  }

  std::filesystem::path root;
};

TEST_F(ArmHost, WithoutAnyFileIsAnOrdinaryOne) {
  EXPECT_FALSE(gicv4_in_use(root));
  EXPECT_FALSE(is_preempt_rt(root));
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
  EXPECT_TRUE(is_preempt_rt(root));
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
