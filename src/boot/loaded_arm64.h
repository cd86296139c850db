// SPDX-License-Identifier: Apache-2.0
// What each arm64 loader gives the common part in payload_arm64.cpp.
#pragma once

#include <cstdint>
#include <vector>

#include "boot/fdt_arm64.h"
#include "boot/placement.h"

namespace takt {

struct LoadedKernel {
  std::uint64_t entry = 0;
  std::vector<GpaRange> ranges;  // memory that the kernel has, or will take without asking
  std::uint64_t max_cmdline_bytes = fdt_max_bytes;  // without the terminating zero
};

/// Where a kernel is placed from: the start of RAM, rounded up to 2 MiB as booting.rst wants it.
[[nodiscard]] Gpa kernel_base(const GuestMem& mem);

}  // namespace takt
