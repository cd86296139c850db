// SPDX-License-Identifier: Apache-2.0
#include "host/process_limits.h"

#include <gtest/gtest.h>

#include "host/test_host_dir.h"

namespace takt {
namespace {

TEST(ProcessLimits, ACapabilityIsABitOfTheEffectiveSet) {
  const TestHostDir host;
  EXPECT_FALSE(process_limits::has_capability(host.root(), process_limits::cap_sys_nice));
  host.has("proc/self/status", "Name:\ttakt\nCapEff:\t0000000000800000\n");
  EXPECT_EQ(process_limits::has_capability(host.root(), process_limits::cap_sys_nice), true);
  EXPECT_EQ(process_limits::has_capability(host.root(), process_limits::cap_ipc_lock), false);
}

TEST(ProcessLimits, ALimitIsTheSoftOne) {
  constexpr const char* text =
      "Limit                     Soft Limit           Hard Limit           Units\n"
      "Max locked memory         65536                131072               bytes\n"
      "Max realtime priority     unlimited            unlimited\n";
  EXPECT_EQ(process_limits::limit(text, "Max locked memory"), 65536);
  EXPECT_EQ(process_limits::limit(text, "Max realtime priority"), -1);
  EXPECT_FALSE(process_limits::limit(text, "Max nice priority"));
}

TEST(ProcessLimits, TheCpusetIsThatOfTheNearestGroupThatHasOne) {
  const TestHostDir host;
  host.has("proc/self/cgroup", "0::/vm.slice/takt.service\n");
  EXPECT_FALSE(process_limits::cpuset(host.root()));
  host.has("sys/fs/cgroup/cpuset.cpus.effective", "0-3\n");
  EXPECT_EQ(process_limits::cpuset(host.root())->text(), "0-3");
  host.has("sys/fs/cgroup/vm.slice/cpuset.cpus.effective", "2-3\n");
  EXPECT_EQ(process_limits::cpuset(host.root())->text(), "2-3");
}

TEST(ProcessLimits, TheCpusetOfTheFirstControlGroupsCountsWhereTheSecondHaveNone) {
  const TestHostDir host;
  host.has("proc/self/cgroup", "4:cpuset:/vm\n0::/\n");
  host.has("sys/fs/cgroup/cpuset/vm/cpuset.effective_cpus", "1\n");
  EXPECT_EQ(process_limits::cpuset(host.root())->text(), "1");
}

}  // namespace
}  // namespace takt
