// SPDX-License-Identifier: Apache-2.0
// What stands in files of the kernel's, and what could.
#include <gtest/gtest.h>

#include "check/irq_list.h"
#include "check/kernel_list.h"
#include "check/test_host.h"
#include "check/thread_list.h"
#include "check/vfio_device.h"

namespace takt::check {
namespace {

std::string list(std::string_view text) {
  const auto cpus = kernel_list(text, 8);
  return cpus ? cpus->text() : "refused";
}

TEST(KernelList, ReadsWhatTheKernelReads) {
  EXPECT_EQ(list("1"), "1");
  EXPECT_EQ(list("0,2-3"), "0,2-3");
  EXPECT_EQ(list("all"), "0-7");
  EXPECT_EQ(list("1-N"), "1-7");
  EXPECT_EQ(list("0-7:1/2"), "0,2,4,6");
  EXPECT_EQ(list("0-7:2/4"), "0-1,4-5");
}

TEST(KernelList, RefusesWhatTheKernelRefuses) {
  for (const char* text : {"", ",", "1-", "-1", "3-1", "x", "1:1", "0-7:0/2", "0-7:3/2", "0-7:1/0"})
    EXPECT_EQ(list(text), "refused") << text;
}

TEST(KernelList, DropsCpusBeyondWhatLinuxHas) {
  EXPECT_EQ(list("1022-1000000"), "1022-1023");
  EXPECT_EQ(list("1000000"), "");
}

TEST(KernelList, HasFlagsInFront) {
  EXPECT_EQ(split_flags("managed_irq,domain,2-3").list, "2-3");
  EXPECT_EQ(split_flags("managed_irq,domain,2-3").flags, "managed_irq,domain,");
  EXPECT_EQ(split_flags("2-3").list, "2-3");
  EXPECT_EQ(split_flags("domain").list, "");
}

std::string stat_line(const std::string& name) {
  std::string line = "12 (" + name + ") R 1 2 3 4 5 2097152";
  for (int field = 10; field < 39; ++field) line += " 0";
  return line + " 3 50 1 0 0\n";
}

TEST(ThreadStat, TellsNameStatePlaceAndPriority) {
  const auto thread = parse_stat(stat_line("irq/24-nvme"));
  ASSERT_TRUE(thread);
  EXPECT_EQ(thread->tid, 12);
  EXPECT_EQ(thread->name, "irq/24-nvme");
  EXPECT_EQ(thread->state, 'R');
  EXPECT_TRUE(thread->kernel);
  EXPECT_EQ(thread->cpu, 3);
  EXPECT_EQ(thread->priority, 50);
  EXPECT_EQ(thread->policy, 1);
}

TEST(ThreadStat, ANameMayHaveBracketsAndBlanks) {
  EXPECT_EQ(parse_stat(stat_line(") R 1 (x y) 2"))->name, ") R 1 (x y) 2");
}

TEST(ThreadStat, ALineThatEndsEarlyIsNone) {
  const std::string whole = stat_line("x");
  for (std::size_t size : {0u, 1u, 4u, 6u, 20u, 60u})
    EXPECT_FALSE(parse_stat(whole.substr(0, size))) << size;
}

TEST(Interrupts, AreReadByTheColumnsOfTheFirstLine) {
  const HostIrqs irqs = parse_interrupts(
      "           CPU0       CPU2\n"
      "  9:          5          7   IO-APIC   9-fasteoi   acpi\n"
      "NMI:          1          1   Non-maskable interrupts\n");
  ASSERT_EQ(irqs.irqs.size(), 1u);
  EXPECT_EQ(irqs.irqs[0].number, 9);
  EXPECT_EQ(irqs.irqs[0].action, "acpi");
  EXPECT_EQ(irqs.count(irqs.irqs[0], *CpuList::parse("2")), 7u);
  EXPECT_EQ(irqs.count(irqs.irqs[0], *CpuList::parse("1")), 0u);
}

TEST(Interrupts, PrivateOnesOfAGicAreNoDevices) {
  const HostIrqs irqs = parse_interrupts(
      "  CPU0\n 11: 1 GICv3 27 Level arch_timer\n 54: 0 GICv4-vpe 0 Edge vcpu\n"
      " 20: 1 GICv3 33 Level uart-pl011\n");
  ASSERT_EQ(irqs.irqs.size(), 3u);
  EXPECT_TRUE(irqs.irqs[0].per_cpu);
  EXPECT_TRUE(irqs.irqs[1].per_cpu);
  EXPECT_FALSE(irqs.irqs[2].per_cpu);
}

TEST(Interrupts, DamagedOnesAreEmpty) {
  for (const char* text :
       {"", "\n", "garbage\n", "CPUx\n1: 2\n", "CPU0\n1:\n", "CPU0\n99999999999: 1 x y\n"})
    EXPECT_TRUE(parse_interrupts(text).irqs.empty()) << text;
}

TEST(PciCapabilities, ALoopEnds) {
  std::string config(256, '\0');
  config[6] = 0x10;
  config[0x34] = 0x40;
  config[0x40] = 0x05;
  config[0x41] = 0x40;
  EXPECT_TRUE(msi_support(config).msi);
  EXPECT_FALSE(msi_support(config).msix);
}

TEST(PciCapabilities, WhatAUserWithoutRightsSeesHasNone) {
  std::string config(64, '\xff');
  EXPECT_FALSE(msi_support(config).msi);
  EXPECT_FALSE(msi_support("").msi);
}

TEST(KvmFacts, AreReadAsTheyWereWritten) {
  kvm::HostFacts facts;
  facts.capabilities = {{0, 1}, {143, 15}};
  facts.device_types = {{7, true}, {8, false}};
  EXPECT_EQ(kvm::host_facts_from(kvm::to_text(facts)), facts);
  facts = {.problem = "open /dev/kvm: Permission denied (add this user)"};
  EXPECT_EQ(kvm::host_facts_from(kvm::to_text(facts)), facts);
}

TEST(KvmFacts, LinesThatAreNoneArePassedOver) {
  const auto facts = kvm::host_facts_from(
      "capability\ncapability x 1\ncapability -1 1\ncapability 5\n\xff\ndevice 7 1\n");
  EXPECT_TRUE(facts.capabilities.empty());
  EXPECT_TRUE(facts.device(7).value_or(false));
  EXPECT_FALSE(facts.device(8).has_value());
}

TEST(Cpuid, IsReadAsItWasWritten) {
  const std::vector<CpuidLeaf> leaves{{1, 0, 2, 3, 4, 0xffff'ffff},
                                      {0x8000'0007, 0, 0, 0, 0, 0x100}};
  EXPECT_EQ(cpuid_from(cpuid_text(leaves)), leaves);
  EXPECT_TRUE(cpuid_from("1 2 3\nx 0 0 0 0 0\n100000000 0 0 0 0 0\n").empty());
}

TEST(KernelVersion, IsMajorAndMinor) {
  TestHost host;
  host.has("takt/machine", "x86_64\n");
  EXPECT_EQ(host.read().kernel_version(), 0);
  host.has("proc/sys/kernel/osrelease", "6.12.117+deb12-rt-amd64\n");
  EXPECT_EQ(host.read().kernel_version(), 612);
  host.has("proc/sys/kernel/osrelease", "7.0-rc1\n");
  EXPECT_EQ(host.read().kernel_version(), 700);
  for (const char* text : {"", "6", "6.", "x.1", ".1", "99999999999999999999.1"}) {
    host.has("proc/sys/kernel/osrelease", text);
    EXPECT_EQ(host.read().kernel_version(), 0) << text;
  }
}

}  // namespace
}  // namespace takt::check
