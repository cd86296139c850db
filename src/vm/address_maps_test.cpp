// SPDX-License-Identifier: Apache-2.0
#include "vm/address_maps.h"

#include <gtest/gtest.h>

#include <array>

#include "pci/fakes.h"

namespace takt {
namespace {

using pci::BarKind;
using pci::MappedBar;

/// Two fixed devices and two BARs; no device has a doorbell, so KVM is not asked for anything.
class AddressMapsTest : public testing::Test {
 protected:
  AddressMapsTest() {
    EXPECT_TRUE(maps.show({{Port{0x60}, 8, &fixed, Width::b1, {}}},
                          {{Gpa{0xe000'0000}, 0x1000, &fixed, Width::b4, {}}}));
  }
  Device* at(std::uint64_t gpa) {
    const auto* region = maps.mmio().find(Gpa{gpa}, Width::b4);
    return region == nullptr ? nullptr : region->device;
  }
  Device* at_port(std::uint64_t port) {
    const auto* region = maps.pio().find(Port{port}, Width::b1);
    return region == nullptr ? nullptr : region->device;
  }

  VmConfig config;
  Quiescence readers{2};
  Servers servers = *Servers::create(config);
  kvm::VmFd vm;
  AddressMaps maps{readers, servers, vm};
  pci::fakes::Registers fixed;
  pci::fakes::Registers card;
  pci::Bar memory{.index = 0, .bytes = 0x1000, .device = &card};
  pci::Bar ports{.index = 1, .kind = BarKind::io, .bytes = 64, .device = &card};
};

TEST_F(AddressMapsTest, ABarIsWhereTheGuestHasPutIt) {
  maps.map(std::array{MappedBar{&memory, 0xc000'0000}, MappedBar{&ports, 0xc000}});
  EXPECT_EQ(at(0xc000'0ffc), &card);
  EXPECT_EQ(at_port(0xc03f), &card);
  maps.map(std::array{MappedBar{&memory, 0xc000'1000}});
  EXPECT_EQ(at(0xc000'0000), nullptr);
  EXPECT_EQ(at(0xc000'1000), &card);
  EXPECT_EQ(at_port(0xc000), nullptr);
  EXPECT_EQ(at(0xe000'0000), &fixed);
}

TEST_F(AddressMapsTest, WhatDoesNotMoveIsNotHiddenByABar) {
  maps.map(std::array{MappedBar{&memory, 0xdfff'f800}, MappedBar{&ports, 0x40}});
  EXPECT_EQ(at(0xe000'0000), &fixed);
  EXPECT_EQ(at(0xdfff'f800), nullptr);
  EXPECT_EQ(at_port(0x60), &fixed);
  EXPECT_EQ(at_port(0x40), nullptr);
}

TEST_F(AddressMapsTest, OfTwoBarsAtOnePlaceTheFirstIsShown) {
  pci::fakes::Registers other;
  const pci::Bar second{.index = 0, .bytes = 0x2000, .device = &other};
  maps.map(std::array{MappedBar{&memory, 0xc000'1000}, MappedBar{&second, 0xc000'0000}});
  EXPECT_EQ(at(0xc000'1000), &card);
  EXPECT_EQ(at(0xc000'0000), nullptr);
}

TEST_F(AddressMapsTest, ABarBeyondTheEndOfItsSpaceIsNotShown) {
  maps.map(std::array{MappedBar{&memory, ~std::uint64_t{0xfff}}, MappedBar{&ports, 0xffe0}});
  EXPECT_EQ(at(~std::uint64_t{0xfff}), &card);  // ends with the space
  EXPECT_EQ(at_port(0xffe0), nullptr);          // would end beyond
}

/// A vCPU that moves a BAR is inside an exit, and waits for whoever publishes.
TEST_F(AddressMapsTest, MovingABarWaitsForNoVcpu) {
  readers.reader(0).enter();
  const auto* seen = maps.mmio().find(Gpa{0xe000'0000}, Width::b4);
  for (int n = 0; n < 20; ++n)
    maps.map(std::array{MappedBar{&memory, 0xc000'0000u + (n % 2 == 0 ? 0u : 0x1000u)}});
  EXPECT_EQ(seen->device, &fixed);  // the table that it looks at is still there
  readers.reader(0).leave();
  maps.republish();
}

}  // namespace
}  // namespace takt
