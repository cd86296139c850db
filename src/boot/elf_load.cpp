// SPDX-License-Identifier: Apache-2.0
#include "boot/elf_load.h"

#include <fmt/format.h>

#include <algorithm>

namespace takt {

Result<std::vector<GpaRange>> load_segments(const GuestMem& mem, std::span<const std::byte> file,
                                            const ElfImage& elf,
                                            std::span<const NamedRange> taken) {
  std::vector<GpaRange> ranges;
  for (const ElfSegment& s : elf.loads()) {
    const GpaRange range{Gpa{s.paddr}, s.memory_bytes};
    TRY_VOID(check_kernel_range(mem, range, taken));
    if (std::ranges::any_of(ranges, [&](const GpaRange& r) { return r.overlaps(range); }))
      return usage_error(fmt::format("has two ELF segments that overlap at {:#x}; link it anew",
                                     range.start.raw()));
    ranges.push_back(range);
  }
  for (const ElfSegment& s : elf.loads())
    if (!mem.write(Gpa{s.paddr}, file.subspan(s.offset, s.file_bytes)))
      VMM_BUG("a checked segment is not RAM");
  return ranges;
}

}  // namespace takt
