// SPDX-License-Identifier: Apache-2.0
// Routes and vectors on this host's KVM: what has been delivered is in the local APIC's interrupt
// request register (Intel SDM volume 3A, 10.8.4).
#include <unistd.h>

#include <cstring>

#include "kvm/gsi_routing.h"
#include "kvm/msi_vector.h"
#include "kvm/pin_routes.h"
#include "kvm/test_vm_x86.h"

namespace takt::kvm {
namespace {

constexpr Ioctl<KVM_GET_LAPIC, kvm_lapic_state> get_lapic{"KVM_GET_LAPIC"};
constexpr Ioctl<KVM_SET_LAPIC, kvm_lapic_state> set_lapic{"KVM_SET_LAPIC"};
constexpr Ioctl<KVM_IRQ_LINE_STATUS, kvm_irq_level> irq_line_status{"KVM_IRQ_LINE_STATUS"};

constexpr std::size_t spurious_vector_register = 0xf0;
constexpr std::size_t interrupt_request_register = 0x200;
constexpr std::uint32_t devid = 1 << 3;

/// To the APIC with id 0, fixed, edge. Intel SDM volume 3A, 10.11.
MsiMessage message(std::uint8_t vector) { return {.address = 0xfee0'0000, .data = vector}; }

/// The one that KVM refuses with KVM_CAP_X2APIC_API: bits 39:32 of the address are reserved.
constexpr MsiMessage refused{.address = 0x1'fee0'0000, .data = 0x51};

class MsiTest : public test::VmTest {
 protected:
  void SetUp() override {
    make_vm(true);
    if (IsSkipped() || HasFatalFailure()) return;
    auto routing = GsiRouting::create(vm_);
    ASSERT_TRUE(routing) << routing.error().text;
    routing_ = std::move(*routing);
    enable_apic();
  }

  void enable_apic() {
    kvm_lapic_state apic{};
    ASSERT_TRUE(get_lapic(vcpu_->fd(), apic));
    const std::uint32_t enabled = 0x1ff;
    std::memcpy(apic.regs + spurious_vector_register, &enabled, sizeof enabled);
    ASSERT_TRUE(set_lapic(vcpu_->fd(), apic));
  }

  bool is_requested(unsigned vector) {
    kvm_lapic_state apic{};
    EXPECT_TRUE(get_lapic(vcpu_->fd(), apic));
    std::uint32_t word = 0;
    std::memcpy(&word, apic.regs + interrupt_request_register + vector / 32 * 16, sizeof word);
    return (word >> vector % 32 & 1) != 0;
  }

  /// KVM_IRQ_LINE_STATUS says -1 for a GSI without a route, and for an MSI that does not rise.
  bool drive(Gsi gsi, bool level) {
    kvm_irq_level line{};
    line.irq = gsi.raw();
    line.level = level ? 1 : 0;
    EXPECT_TRUE(irq_line_status(vm_.fd(), line));
    return static_cast<std::int32_t>(line.status) >= 0;
  }

  std::unique_ptr<IrqfdVector> vector(IrqfdVector::By by = IrqfdVector::By::takt) {
    auto made = IrqfdVector::create(vm_, routing_, devid, by);
    EXPECT_TRUE(made) << made.error().text;
    return made ? std::move(*made) : nullptr;
  }

  GsiRouting routing_;
};

using GsiRoutingTest = MsiTest;

TEST_F(GsiRoutingTest, NumbersItsGsisFromAfterThePins) {
  EXPECT_EQ(routing_.allocate(devid), Gsi{24});
  EXPECT_EQ(routing_.allocate(devid), Gsi{25});
}

TEST_F(GsiRoutingTest, AllPinsKeepTheirRoutesWhenAMessageIsSet) {
  const auto gsi = routing_.allocate(devid);
  ASSERT_TRUE(routing_.set(*gsi, message(0x51)));
  for (std::uint32_t pin = 0; pin < 24; ++pin) EXPECT_TRUE(drive(Gsi{pin}, false)) << pin;
  EXPECT_FALSE(drive(Gsi{25}, true));
}

TEST_F(GsiRoutingTest, AMessageThatIsRefusedLeavesTheOldRoutesInForce) {
  const auto first = routing_.allocate(devid);
  const auto second = routing_.allocate(devid);
  ASSERT_TRUE(routing_.set(*first, message(0x51)));
  EXPECT_FALSE(routing_.set(*first, refused));
  EXPECT_TRUE(drive(*first, true));
  EXPECT_TRUE(is_requested(0x51));
  EXPECT_TRUE(routing_.set(*second, message(0x52)));  // the table has nothing bad in it
}

TEST_F(GsiRoutingTest, AClearedRouteIsGoneAndItsNeighbourStays) {
  const auto first = routing_.allocate(devid);
  const auto second = routing_.allocate(devid);
  ASSERT_TRUE(routing_.set(*first, message(0x51)));
  ASSERT_TRUE(routing_.set(*second, message(0x52)));
  routing_.clear(*first);
  EXPECT_FALSE(drive(*first, true));
  EXPECT_TRUE(drive(*second, true));
}

TEST_F(GsiRoutingTest, AFullTableIsAnErrorAndTheLastGsiWorks) {
  Gsi last;
  for (std::size_t i = 0; i < routing_.capacity(); ++i) last = *routing_.allocate(devid);
  const auto more = routing_.allocate(devid);
  ASSERT_FALSE(more);
  EXPECT_NE(more.error().text.find("configure fewer devices"), std::string::npos);
  EXPECT_TRUE(routing_.set(last, message(0x51)));
  for (std::uint32_t gsi = 24; gsi <= last.raw(); ++gsi)
    if (!routing_.set(Gsi{gsi}, message(0x51))) FAIL() << gsi;
}

TEST_F(GsiRoutingTest, AGsiThatNobodyAllocatedIsOurBug) {
  EXPECT_DEATH((void)routing_.set(Gsi{24}, message(0x51)), "not allocated");
  EXPECT_DEATH(routing_.clear(Gsi{4}), "not allocated");
}

TEST_F(MsiTest, FireDeliversBeforeItReturns) {
  const auto v = vector();
  v->set_message(message(0x51));
  v->fire();
  EXPECT_TRUE(is_requested(0x51));
  EXPECT_EQ(v->refused(), 0u);
}

TEST_F(MsiTest, BeforeTheFirstMessageFireDoesNothing) {
  const auto v = vector();
  v->fire();
  v->set_message(message(0x51));
  EXPECT_FALSE(is_requested(0x51));
}

TEST_F(MsiTest, ANewMessageReplacesTheOldOne) {
  const auto v = vector();
  v->set_message(message(0x51));
  v->set_message(message(0x52));
  v->fire();
  EXPECT_FALSE(is_requested(0x51));
  EXPECT_TRUE(is_requested(0x52));
}

/// As vhost does it.
void signal(const IrqfdVector& vector) {
  const std::uint64_t one = 1;
  EXPECT_EQ(::write(vector.event(), &one, sizeof one), static_cast<ssize_t>(sizeof one));
}

TEST_F(MsiTest, ASignalOnTheEventfdIsAnInterruptWhenItIsLetThrough) {
  const auto v = vector(IrqfdVector::By::kernel);
  v->set_message(message(0x51));
  v->let_through(true);
  signal(*v);
  EXPECT_TRUE(is_requested(0x51));
  EXPECT_FALSE(v->take_event());
}

TEST_F(MsiTest, ASignalThatIsNotLetThroughIsThereForWhoWatches) {
  const auto v = vector(IrqfdVector::By::kernel);
  v->set_message(message(0x51));
  v->let_through(true);
  v->let_through(false);
  signal(*v);
  EXPECT_FALSE(is_requested(0x51));
  EXPECT_TRUE(v->take_event());
  EXPECT_FALSE(v->take_event());
}

TEST_F(MsiTest, WhatWasSignalledBeforeIsDeliveredWhenItIsLetThrough) {
  const auto v = vector(IrqfdVector::By::kernel);
  v->set_message(message(0x51));
  signal(*v);
  v->let_through(true);
  EXPECT_TRUE(is_requested(0x51));
}

TEST_F(MsiTest, TheEventfdFollowsTheMessage) {
  const auto v = vector(IrqfdVector::By::kernel);
  v->set_message(message(0x51));
  v->let_through(true);
  v->set_message(message(0x52));
  signal(*v);
  EXPECT_FALSE(is_requested(0x51));
  EXPECT_TRUE(is_requested(0x52));
}

TEST_F(MsiTest, AVectorThatNobodyElseSignalsHasNoEventfd) {
  const auto v = vector();
  v->let_through(true);
  EXPECT_EQ(v->event(), -1);
  EXPECT_EQ(v->refused(), 0u);
}

TEST_F(MsiTest, AMessageThatKvmRefusesIsCountedAndSilencesTheVector) {
  const auto v = vector();
  v->set_message(message(0x51));
  v->set_message(refused);
  EXPECT_EQ(v->refused(), 1u);
  v->fire();
  EXPECT_FALSE(is_requested(0x51));
}

TEST_F(MsiTest, AfterARefusalAGoodMessageWorksAgain) {
  const auto v = vector();
  v->set_message(refused);
  v->set_message(message(0x51));
  v->fire();
  EXPECT_TRUE(is_requested(0x51));
}

TEST_F(MsiTest, FireDeliversABroadcastBeforeItReturns) {  // an irqfd would not: msi_vector.h
  const auto v = vector();
  v->set_message({.address = 0xfeef'f000, .data = 0x51});
  v->fire();
  EXPECT_TRUE(is_requested(0x51));
}

TEST_F(MsiTest, VectorsDoNotDisturbEachOther) {
  const auto a = vector();
  const auto b = vector();
  a->set_message(message(0x51));
  b->set_message(message(0x52));
  b->fire();
  EXPECT_FALSE(is_requested(0x51));
  EXPECT_TRUE(is_requested(0x52));
}

}  // namespace
}  // namespace takt::kvm
