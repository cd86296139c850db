// SPDX-License-Identifier: Apache-2.0
#include <cpuid.h>

#include <array>

#include "host/cpuid.h"

namespace takt {

std::vector<CpuidLeaf> host_cpuid() {
  struct Wanted {
    std::uint32_t function, index;
  };
  static constexpr std::array<Wanted, 14> wanted{{{0, 0},
                                                  {1, 0},
                                                  {5, 0},
                                                  {6, 0},
                                                  {7, 0},
                                                  {0x10, 0},
                                                  {0x15, 0},
                                                  {0x16, 0},
                                                  {0x4000'0000, 0},
                                                  {0x8000'0000, 0},
                                                  {0x8000'0001, 0},
                                                  {0x8000'0007, 0},
                                                  {0x8000'0008, 0},
                                                  {0x8000'000a, 0}}};
  std::vector<CpuidLeaf> leaves;
  for (const auto& [function, index] : wanted) {
    CpuidLeaf leaf{.function = function, .index = index};
    // The hypervisor's leaves are outside the ranges that the CPU announces.
    if (function == 0x4000'0000) {
      const CpuidLeaf* features = find_leaf(leaves, 1);
      if (features == nullptr || (features->ecx >> 31) == 0) continue;
      __cpuid_count(function, index, leaf.eax, leaf.ebx, leaf.ecx, leaf.edx);
    } else if (__get_cpuid_count(function, index, &leaf.eax, &leaf.ebx, &leaf.ecx, &leaf.edx) ==
               0) {
      continue;
    }
    leaves.push_back(leaf);
  }
  return leaves;
}

}  // namespace takt
