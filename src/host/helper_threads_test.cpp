// SPDX-License-Identifier: Apache-2.0
#include "host/helper_threads.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "host/test_host_dir.h"

namespace takt {
namespace {

void has_thread(const TestHostDir& host, int tid, std::string_view name, int parent) {
  host.has(fmt::format("proc/{}/comm", tid), fmt::format("{}\n", name));
  host.has(fmt::format("proc/{}/stat", tid), fmt::format("{} ({}) S {} 0 0\n", tid, name, parent));
}

std::string names(const std::vector<HelperThread>& threads) {
  std::string text;
  for (const auto& t : threads) text += fmt::format("{}:{} ", t.tid, t.name);
  return text;
}

TEST(HelperThreads, KernelThreadsAreKnownByThePidInTheirNames) {
  const TestHostDir host;
  has_thread(host, 50, "kvm-pit/700", 2);
  has_thread(host, 51, "kvm-nx-lpage-recovery-700", 2);
  has_thread(host, 52, "vhost-700", 2);
  has_thread(host, 53, "kvm-pit/70", 2);
  has_thread(host, 54, "vhost-7001", 2);
  has_thread(host, 55, "kthreadd", 0);
  EXPECT_EQ(names(find_helper_threads(700, host.root())),
            "51:kvm-nx-lpage-recovery-700 50:kvm-pit/700 52:vhost-700 ");
}

TEST(HelperThreads, AProcessThatTakesSuchANameIsNone) {
  const TestHostDir host;
  has_thread(host, 50, "kvm-pit/700", 1);
  EXPECT_EQ(names(find_helper_threads(700, host.root())), "");
}

TEST(HelperThreads, ANameThatWasCutBeforeThePidCouldBeAnothersVm) {
  EXPECT_FALSE(is_helper_of(700, "kvm-nx-lpage-re"));
  EXPECT_FALSE(is_helper_of(700, "kvm-pit/"));
}

TEST(HelperThreads, ThreadsOfOurOwnProcessThatTheKernelMade) {
  const TestHostDir host;
  host.has("proc/700/comm", "takt\n");
  host.has("proc/700/task/700/comm", "takt\n");
  host.has("proc/700/task/701/comm", "vcpu0\n");
  host.has("proc/700/task/702/comm", "vhost-700\n");
  host.has("proc/700/task/703/comm", "kvm-nx-lpage-re\n");
  EXPECT_EQ(names(find_helper_threads(700, host.root())), "703:kvm-nx-lpage-re 702:vhost-700 ");
}

TEST(HelperThreads, AHostWithoutProcHasNone) {
  const TestHostDir host;
  EXPECT_TRUE(find_helper_threads(700, host.root()).empty());
}

}  // namespace
}  // namespace takt
