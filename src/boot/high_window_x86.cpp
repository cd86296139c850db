// SPDX-License-Identifier: Apache-2.0
#include "boot/high_window_x86.h"

#include <algorithm>

#include "base/bits.h"

namespace takt {

std::optional<GpaRange> high_window(unsigned address_bits, Gpa ram_end) {
  if (address_bits < 36) return std::nullopt;  // less than any CPU with 64 bits has
  const std::uint64_t space = std::uint64_t{1} << std::min(address_bits, 46u);
  const std::uint64_t size = std::min(space / 4, 256_GiB);
  const std::uint64_t lowest = std::min(space / 2, 512_GiB);
  if (ram_end.raw() > space - size) return std::nullopt;
  return GpaRange{Gpa{align_up(std::max(lowest, ram_end.raw()), size)}, size};
}

}  // namespace takt
