// SPDX-License-Identifier: Apache-2.0
#include "dev/test_device.h"

#include <gtest/gtest.h>

#include <thread>

namespace takt {
namespace {

TEST(ScratchRegisters, AreZeroAtFirst) {
  ScratchRegisters regs;
  EXPECT_EQ(regs.read({0, Width::b8}), 0u);
  EXPECT_EQ(regs.read({4088, Width::b8}), 0u);
}

TEST(ScratchRegisters, EveryWidthReadsBackAtEveryAlignment) {
  ScratchRegisters regs;
  for (std::uint64_t offset = 16; offset < 24; ++offset) {
    for (const Width w : {Width::b1, Width::b2, Width::b4, Width::b8}) {
      const std::uint64_t value = 0x8877'6655'4433'2211 * (offset | 1);
      regs.write({offset, w}, value);
      const std::uint64_t mask = bytes(w) == 8 ? ~0ull : (1ull << bytes(w) * 8) - 1;
      ASSERT_EQ(regs.read({offset, w}), value & mask) << offset << " width " << bytes(w);
    }
  }
}

TEST(ScratchRegisters, StraddlingWriteLeavesTheNeighboursAlone) {
  ScratchRegisters regs;
  regs.write({0, Width::b8}, 0x1111'1111'1111'1111);
  regs.write({3, Width::b2}, 0xabcd);
  EXPECT_EQ(regs.read({0, Width::b8}), 0x1111'11ab'cd11'1111u);
}

TEST(ScratchRegisters, NarrowReadSeesItsBytesOfAWideWrite) {
  ScratchRegisters regs;
  regs.write({8, Width::b8}, 0x8877'6655'4433'2211);
  EXPECT_EQ(regs.read({8, Width::b1}), 0x11u);
  EXPECT_EQ(regs.read({11, Width::b2}), 0x5544u);
  EXPECT_EQ(regs.read({15, Width::b1}), 0x88u);
}

TEST(ScratchRegisters, TwoThreadsInOneWordDoNotDisturbEachOther) {
  ScratchRegisters regs;
  const auto hammer = [&regs](std::uint64_t offset) {
    for (std::uint64_t i = 1; i <= 20'000; ++i) {
      regs.write({offset, Width::b1}, i & 0xff);
      ASSERT_EQ(regs.read({offset, Width::b1}), i & 0xff);
    }
  };
  std::thread other{hammer, 1};
  hammer(2);
  other.join();
}

TEST(ScratchRegisters, AlignedWordIsNeverSeenHalfWritten) {
  ScratchRegisters regs;
  std::thread writer{[&regs] {
    for (int i = 0; i < 20'000; ++i) regs.write({4, Width::b4}, i % 2 == 0 ? 0xffff'ffff : 0);
  }};
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t value = regs.read({4, Width::b4});
    ASSERT_TRUE(value == 0 || value == 0xffff'ffff) << value;
  }
  writer.join();
}

}  // namespace
}  // namespace takt
