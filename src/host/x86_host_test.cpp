// SPDX-License-Identifier: Apache-2.0
#include "host/x86_host.h"

#include <gtest/gtest.h>

#include <array>

#include "host/test_host_dir.h"

namespace takt::x86_host {
namespace {

TEST(X86Host, WithoutAnyFileHasNothing) {
  const TestHostDir host;
  EXPECT_FALSE(tsc_is_invariant(host.root()));
  EXPECT_FALSE(has_apicv(host.root()));
  EXPECT_EQ(cpu_flags(host.root()), "");
}

TEST(X86Host, TheTscIsInvariantWhenItIsConstantAndNeverStops) {
  const TestHostDir host;
  host.has("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu constant_tsc nonstop_tsc\n");
  EXPECT_TRUE(tsc_is_invariant(host.root()));
  host.has("proc/cpuinfo", "flags\t\t: fpu constant_tsc\n");
  EXPECT_FALSE(tsc_is_invariant(host.root()));
  host.has("proc/cpuinfo", "flags\t\t: not_constant_tsc nonstop_tsc\n");
  EXPECT_FALSE(tsc_is_invariant(host.root()));
}

TEST(X86Host, FlagsAndVmxFlagsAreToldApart) {
  const TestHostDir host;
  host.has("proc/cpuinfo", "flags\t\t: fpu vmx\nvmx flags\t: apicv ipi_virt\n");
  EXPECT_EQ(cpu_flags(host.root()), " fpu vmx ");
  EXPECT_EQ(cpu_flags(host.root(), "vmx flags"), " apicv ipi_virt ");
}

TEST(X86Host, ApicVirtualizationIsIntelsOrAmds) {
  const TestHostDir host;
  host.has("sys/module/kvm_amd/parameters/avic", "N\n");
  EXPECT_FALSE(has_apicv(host.root()));
  host.has("sys/module/kvm_amd/parameters/avic", "1\n");
  EXPECT_TRUE(has_apicv(host.root()));
}

TEST(X86Host, MwaitIsBit3OfLeaf1Ecx) {
  std::array<CpuidLeaf, 1> leaves{{{.function = 1, .ecx = 1u << 3}}};
  EXPECT_TRUE(has_mwait(leaves));
  leaves[0].ecx = ~(1u << 3);
  EXPECT_FALSE(has_mwait(leaves));
  EXPECT_FALSE(has_mwait({}));
}

}  // namespace
}  // namespace takt::x86_host
