// SPDX-License-Identifier: Apache-2.0
#include "kvm/cpuid_x86.h"

#include <gtest/gtest.h>
#include <linux/kvm_para.h>

#include <algorithm>

namespace takt::kvm {
namespace {

/// A host that offers every paravirtual feature and has an AMD-like set of leaves.
CpuidTable host() {
  const auto leaf = [](std::uint32_t function, std::uint32_t a, std::uint32_t b, std::uint32_t c,
                       std::uint32_t d) {
    kvm_cpuid_entry2 e{};
    e.function = function;
    e.eax = a, e.ebx = b, e.ecx = c, e.edx = d;
    return e;
  };
  return {leaf(0, 0x7, 0, 0, 0),
          leaf(1, 0x830f10, 0, 1u << 3, 0),
          leaf(4, 0x121 | 3u << 5, 0, 0, 0),
          leaf(0xb, 0, 0, 0, 99),
          leaf(0x4000'0000, 0x4000'0001, 0, 0, 0),
          leaf(0x4000'0001, 0xffff'ffff, 0, 0, 0),
          leaf(0x8000'0008, 0x3030, 0, 0, 0),
          leaf(0x8000'001e, 7, 7, 7, 0)};
}

const kvm_cpuid_entry2& leaf(const CpuidTable& t, std::uint32_t function, std::uint32_t index = 0) {
  return *std::ranges::find_if(
      t, [&](const auto& e) { return e.function == function && e.index == index; });
}

TEST(GuestCpuid, OffersX2ApicAndTscDeadlineAndSaysHypervisor) {
  const auto t = guest_cpuid(host(), {});
  EXPECT_TRUE(leaf(t, 1).ecx & 1u << 21);
  EXPECT_TRUE(leaf(t, 1).ecx & 1u << 24);
  EXPECT_TRUE(leaf(t, 1).ecx & 1u << 31);
}

TEST(GuestCpuid, HidesMonitorUnlessMwaitStaysInTheGuest) {
  EXPECT_FALSE(leaf(guest_cpuid(host(), {}), 1).ecx & 1u << 3);
  EXPECT_TRUE(leaf(guest_cpuid(host(), {.mwait = true}), 1).ecx & 1u << 3);
}

TEST(GuestCpuid, DropsParavirtualFeaturesThatHurtADedicatedVcpu) {
  const auto t = guest_cpuid(host(), {});
  const auto& features = leaf(t, KVM_CPUID_FEATURES);
  for (const int bit :
       {KVM_FEATURE_ASYNC_PF, KVM_FEATURE_STEAL_TIME, KVM_FEATURE_PV_UNHALT,
        KVM_FEATURE_PV_TLB_FLUSH, KVM_FEATURE_PV_SEND_IPI, KVM_FEATURE_PV_SCHED_YIELD})
    EXPECT_FALSE(features.eax & 1u << bit) << bit;
  EXPECT_TRUE(features.eax & 1u << KVM_FEATURE_CLOCKSOURCE_STABLE_BIT);
}

TEST(GuestCpuid, LetsTheGuestStopTheHostsPollingUnlessTheUserWantsIt) {
  const auto poll_control = [](const CpuidTable& t) {
    return (leaf(t, KVM_CPUID_FEATURES).eax & 1u << KVM_FEATURE_POLL_CONTROL) != 0;
  };
  EXPECT_TRUE(poll_control(guest_cpuid(host(), {})));
  EXPECT_FALSE(poll_control(guest_cpuid(host(), {.host_poll = true})));
}

TEST(GuestCpuid, EndOfInterruptIsParavirtualOnlyWhereTheHardwareNeedsAnExit) {
  const auto pv_eoi = [](const CpuidTable& t) {
    return (leaf(t, KVM_CPUID_FEATURES).eax & 1u << KVM_FEATURE_PV_EOI) != 0;
  };
  EXPECT_TRUE(pv_eoi(guest_cpuid(host(), {})));
  EXPECT_FALSE(pv_eoi(guest_cpuid(host(), {.virtual_eoi = true})));
}

TEST(GuestCpuid, TheTscIsInvariantWhenTheHostsIs) {
  EXPECT_EQ(leaf(guest_cpuid(host(), {.invariant_tsc = true}), 0x8000'0007).edx, 1u << 8);
  EXPECT_EQ(leaf(guest_cpuid(host(), {}), 0x8000'0007).edx, 0u);
}

TEST(GuestCpuid, HintsThatVcpusAreNeverPreemptedWhenTheyAreNot) {
  const auto hint = [](bool dedicated) {
    const auto features = leaf(guest_cpuid(host(), {.dedicated = dedicated}), KVM_CPUID_FEATURES);
    return (features.edx & 1u << KVM_HINTS_REALTIME) != 0;
  };
  EXPECT_TRUE(hint(true));
  EXPECT_FALSE(hint(false));
}

TEST(GuestCpuid, TellsTheTscFrequencyWhenItIsKnown) {
  const auto t = guest_cpuid(host(), {.tsc_khz = 2'400'000});
  EXPECT_EQ(leaf(t, 0x4000'0000).eax, 0x4000'0010u);
  EXPECT_EQ(leaf(t, 0x4000'0010).eax, 2'400'000u);
  EXPECT_EQ(leaf(guest_cpuid(host(), {}), 0x4000'0000).eax, 0x4000'0001u);
}

TEST(GuestCpuid, TopologyIsOneThreadToACore) {
  const auto t = guest_cpuid(host(), {.cpus = 3});
  EXPECT_EQ(leaf(t, 0).eax, 0xbu);
  EXPECT_EQ(leaf(t, 0xb, 0).ebx, 1u);
  EXPECT_EQ(leaf(t, 0xb, 1).ebx, 3u);
  EXPECT_EQ(leaf(t, 0xb, 1).eax, 2u);  // ids 0..2 fit in two bits
  EXPECT_EQ(leaf(t, 0x8000'0008).ecx & 0xff, 2u);
  EXPECT_EQ(leaf(t, 1).ebx >> 16 & 0xff, 3u);
}

TEST(GuestCpuid, OneVcpuNeedsNoIdBits) {
  EXPECT_EQ(leaf(guest_cpuid(host(), {.cpus = 1}), 0xb, 1).eax, 0u);
}

TEST(VcpuCpuid, PutsTheIdWhereTheManualsSay) {
  const auto t = vcpu_cpuid(guest_cpuid(host(), {.cpus = 4}), VcpuId{3});
  EXPECT_EQ(leaf(t, 1).ebx >> 24, 3u);
  EXPECT_EQ(leaf(t, 0xb, 0).edx, 3u);
  EXPECT_EQ(leaf(t, 0xb, 1).edx, 3u);
  EXPECT_EQ(leaf(t, 0x8000'001e).eax, 3u);
}

TEST(PhysicalAddressBits, AreThoseOfTheLeafAndOfItsGuestFieldWhereThereIsOne) {
  CpuidTable table = host();
  EXPECT_EQ(physical_address_bits(table), 48u);
  for (auto& e : table)
    if (e.function == 0x8000'0008) e.eax = 0x30'3934;
  EXPECT_EQ(physical_address_bits(table), 48u);
  for (auto& e : table)
    if (e.function == 0x8000'0008) e.eax = 0x3027;
  EXPECT_EQ(physical_address_bits(table), 39u);
}

TEST(PhysicalAddressBits, Are36WithoutTheLeaf) { EXPECT_EQ(physical_address_bits({}), 36u); }

}  // namespace
}  // namespace takt::kvm
