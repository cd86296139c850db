// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/device_tree.h"

/// Translation tables that map addresses to themselves, in blocks of 2 MiB: normal memory for the
/// image and the device tree, device memory for what the tree names, and nothing else. Arm ARM DDI
/// 0487, D8.3; 4 KiB granule, 48 bits. boot.S turns the MMU on. Boot CPU only.
namespace probe::arm64 {

enum class Memory : std::uint8_t {
  device,  // nGnRnE, not executable
  normal,  // write-back
};

/// False if the addresses are beyond 48 bits, a block is mapped as the other kind already, or the
/// tables are used up. The CPUs see the mapping at once.
bool map(Range range, Memory memory);

/// For the CPU that is started: the table of the highest level.
std::uint64_t translation_table();

}  // namespace probe::arm64
