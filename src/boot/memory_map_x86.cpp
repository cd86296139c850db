// SPDX-License-Identifier: Apache-2.0
#include "boot/memory_map_x86.h"

#include <algorithm>

#include "boot/low_memory_x86.h"

namespace takt {
namespace {

constexpr GpaRange between(Gpa start, Gpa end) { return {start, end > start ? end - start : 0}; }

std::vector<GpaRange> subtract(std::span<const GpaRange> from, GpaRange cut) {
  std::vector<GpaRange> left;
  for (const GpaRange& r : from) {
    if (!r.overlaps(cut)) {
      left.push_back(r);
      continue;
    }
    const GpaRange before = between(r.start, cut.start);
    const GpaRange after = between(cut.end(), r.end());
    if (before.size != 0) left.push_back(before);
    if (after.size != 0) left.push_back(after);
  }
  return left;
}

}  // namespace

std::vector<MapEntry> memory_map(const GuestMem& mem, std::span<const GpaRange> reserved) {
  std::vector<GpaRange> holes{between(low_memory::usable_end, low_memory::end)};
  holes.insert(holes.end(), reserved.begin(), reserved.end());

  std::vector<GpaRange> usable;
  for (const RamRegion& region : mem.regions())
    usable.push_back({region.start, region.host.size()});
  for (const GpaRange& hole : holes) usable = subtract(usable, hole);

  std::vector<MapEntry> map;
  for (const GpaRange& r : usable) map.push_back({r, MapType::usable});
  for (const GpaRange& r : holes) map.push_back({r, MapType::reserved});
  std::ranges::sort(map, {}, [](const MapEntry& e) { return e.range.start; });
  return map;
}

}  // namespace takt
