// SPDX-License-Identifier: Apache-2.0
// What CPUID says on the CPU that runs this (Intel SDM vol. 2A; AMD APM vol. 3, appendix E). On
// arm64, which has none, always empty; cpuid_x86.cpp and cpuid_arm64.cpp, the build chooses.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace takt {

struct CpuidLeaf {
  std::uint32_t function = 0, index = 0;
  std::uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0;
  bool operator==(const CpuidLeaf&) const = default;
};

/// The leaves that tell features. Not leaf 3, which on some CPUs is a serial number.
[[nodiscard]] std::vector<CpuidLeaf> host_cpuid();

/// Null when there is no such leaf.
[[nodiscard]] constexpr const CpuidLeaf* find_leaf(std::span<const CpuidLeaf> leaves,
                                                   std::uint32_t function,
                                                   std::uint32_t index = 0) {
  for (const CpuidLeaf& leaf : leaves)
    if (leaf.function == function && leaf.index == index) return &leaf;
  return nullptr;
}

}  // namespace takt
