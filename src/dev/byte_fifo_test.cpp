// SPDX-License-Identifier: Apache-2.0
#include "dev/byte_fifo.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

TEST(Fifo, GivesValuesBackInOrderAcrossTheEndOfItsStorage) {
  Fifo<std::uint16_t, 3> fifo;
  fifo.push(0x101);
  fifo.push(0x102);
  fifo.pop();
  fifo.push(0x103);
  fifo.push(0x104);
  EXPECT_EQ(fifo.front(), 0x102);
  fifo.pop();
  EXPECT_EQ(fifo.front(), 0x103);
  fifo.pop();
  EXPECT_EQ(fifo.front(), 0x104);
  EXPECT_EQ(fifo.size(), 1u);
}

TEST(Fifo, PushIntoAFullOneAndPopFromAnEmptyOneDoNothing) {
  Fifo<std::uint8_t, 2> fifo;
  fifo.pop();
  EXPECT_TRUE(fifo.empty());
  fifo.push('a');
  fifo.push('b');
  fifo.push('c');
  EXPECT_EQ(fifo.size(), 2u);
  EXPECT_EQ(fifo.front(), 'a');
}

}  // namespace
}  // namespace takt
