// SPDX-License-Identifier: Apache-2.0
#include "host/system_entropy.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

namespace takt {
namespace {

TEST(SystemEntropy, FillsAllOfIt) {
  SystemEntropy entropy;
  std::array<std::byte, 4096> bytes{};
  EXPECT_EQ(entropy.fill(bytes), bytes.size());
  EXPECT_LT(std::ranges::count(bytes, std::byte{0}), 64);  // 16 on average
}

TEST(SystemEntropy, HasNothingForNobody) {
  SystemEntropy entropy;
  EXPECT_EQ(entropy.fill({}), 0u);
}

}  // namespace
}  // namespace takt
