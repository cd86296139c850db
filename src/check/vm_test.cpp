// SPDX-License-Identifier: Apache-2.0
// Hosts and the VM that is to run on them: --for.
#include <gtest/gtest.h>

#include "check/test_host.h"

namespace takt::check {
namespace {

/// A VM on CPUs 2 and 3.
VmConfig two_vcpus() {
  VmConfig vm;
  vm.name = "controller";
  vm.cpus = 2;
  vm.memory = 2_GiB;
  vm.hugepages = PageSize::huge_1g;
  for (const std::uint32_t id : {0u, 1u}) {
    vm.vcpus[id].cpus = *CpuList::parse(id == 0 ? "2" : "3");
    vm.vcpus[id].policy = Policy::fifo;
    vm.vcpus[id].priority = 80;
  }
  return vm;
}

TEST(TunedX86Host, SuitsAVmOnItsIsolatedCpus) {
  const TunedX86 host;
  const Report report = host.report(two_vcpus());
  EXPECT_EQ(names(report, Verdict::fail), std::vector<std::string>{});
  EXPECT_EQ(host.value("vm-placement", two_vcpus()), "2 vCPU, each FIFO on a CPU of its own");
  EXPECT_EQ(host.value("hugepages", two_vcpus()), "wanted 2 of 1024 MiB, free 4 on node0");
}

TEST(TunedX86Host, DoesNotSuitAVmElsewhere) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.vcpus[0].cpus = *CpuList::parse("1");
  EXPECT_EQ(host.value("isolated-cpus", vm), "2-3, not 1");
  EXPECT_EQ(host.verdict("isolated-cpus", vm), "FAIL");
  EXPECT_EQ(host.verdict("nohz-full", vm), "WARN");
  EXPECT_EQ(host.verdict("workqueue-cpumask", vm), "WARN");
  EXPECT_EQ(host.verdict("irq-default-affinity", vm), "WARN");
}

TEST(TunedX86Host, DoesNotSuitAVmThatIsTooBig) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.memory = 8_GiB;
  EXPECT_EQ(host.verdict("hugepages", vm), "FAIL");
}

TEST(TunedX86Host, DoesNotSuitAVmWhoseVcpusShare) {
  const TunedX86 host;
  VmConfig vm = two_vcpus();
  vm.vcpus[1].cpus = *CpuList::parse("2");
  EXPECT_EQ(host.value("vm-placement", vm), "vcpus 0 and 1 share CPU 2");
  vm.vcpus.erase(1);
  EXPECT_EQ(host.value("vm-placement", vm), "vcpu 1 has no CPU");
  EXPECT_EQ(host.verdict("vm-placement", vm), "FAIL");
}

TEST(TunedX86Host, RefusesAVmThatWantsACpuItLacks) {
  const TunedX86 dir;
  VmConfig vm = two_vcpus();
  vm.vcpus[0].cpus = *CpuList::parse("9");
  const Host host = dir.read();
  const auto target = target_of(host, vm);
  ASSERT_FALSE(target);
  EXPECT_EQ(target.error().text, "vcpu 0: cpu 9 is not on this machine (online: 0-3)");
  EXPECT_EQ(target.error().blame, Blame::usage);
}

TEST(TunedX86Host, RefusesAVmWhosePriorityFitsNoPolicy) {
  const TunedX86 dir;
  const Host host = dir.read();
  VmConfig vm = two_vcpus();
  vm.vcpus[1].policy = Policy::other;
  EXPECT_EQ(target_of(host, vm).error().text, "vcpu 1: priority 80 needs policy=fifo or policy=rr");
  vm = two_vcpus();
  vm.servers["console"].cpus = *CpuList::parse("9");
  EXPECT_EQ(target_of(host, vm).error().text,
            "server console: cpu 9 is not on this machine (online: 0-3)");
}

}  // namespace
}  // namespace takt::check
