// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"

#include <gtest/gtest.h>

#include <concepts>

namespace takt {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };
template <class A, class B>
concept Comparable = requires(A a, B b) { a < b; };

TEST(Addr, AddressPlusBytesIsAnAddress) { EXPECT_EQ(Gpa{0x1000} + 0x10, Gpa{0x1010}); }

TEST(Addr, DifferenceOfAddressesIsANumberOfBytes) { EXPECT_EQ(Gpa{0x1010} - Gpa{0x1000}, 0x10u); }

TEST(Addr, AddressesOfDifferentSpacesDoNotMix) {
  static_assert(!Addable<Gpa, Gpa>);
  static_assert(!Addable<Gpa, Port>);
  static_assert(!Comparable<Gpa, Port>);
  static_assert(!std::convertible_to<std::uint64_t, Gpa>);
}

TEST(Width, IsANumberOfBytes) {
  EXPECT_EQ(bytes(Width::b1), 1u);
  EXPECT_EQ(bytes(Width::b8), 8u);
}

TEST(Literals, AreBinaryMultiples) {
  EXPECT_EQ(4_KiB, 4096u);
  EXPECT_EQ(1_MiB, 1048576u);
  EXPECT_EQ(1_GiB, 1073741824u);
}

}  // namespace
}  // namespace takt
