// SPDX-License-Identifier: Apache-2.0
#include "bus/guest_mem.h"

namespace takt {

std::optional<std::span<std::byte>> GuestMem::slice(Gpa gpa, std::uint64_t n) const RT {
  for (const RamRegion& region : regions_) {
    if (gpa < region.start) break;
    const std::uint64_t offset = gpa - region.start;
    if (offset <= region.host.size() && region.host.size() - offset >= n)
      return region.host.subspan(offset, n);
  }
  return std::nullopt;
}

bool GuestMem::write(Gpa gpa, std::span<const std::byte> data) const RT {
  const auto to = slice(gpa, data.size());
  if (!to) return false;
  if (!data.empty()) std::memcpy(to->data(), data.data(), data.size());
  return true;
}

bool GuestMem::read(Gpa gpa, std::span<std::byte> data) const RT {
  const auto from = slice(gpa, data.size());
  if (!from) return false;
  if (!data.empty()) std::memcpy(data.data(), from->data(), data.size());
  return true;
}

std::uint64_t GuestMem::total_bytes() const RT {
  std::uint64_t sum = 0;
  for (const RamRegion& region : regions_) sum += region.host.size();
  return sum;
}

}  // namespace takt
