// SPDX-License-Identifier: Apache-2.0
#include "bus/dispatch.h"

#include <fmt/format.h>

namespace takt {
namespace {

template <class A>
Result<> check_one(std::string_view space, const Region<A>& r) {
  if (r.device == nullptr || r.size == 0)
    return usage_error(
        fmt::format("{} region at {:#x} has no device or no size", space, r.start.raw()));
  if (r.start.raw() + (r.size - 1) < r.start.raw())
    return usage_error(fmt::format("{} region of {} at {:#x} wraps around", space, r.device->name(),
                                   r.start.raw()));
  return {};
}

template <class A>
Result<> check_pair(std::string_view space, const Region<A>& low, const Region<A>& high) {
  if (high.start - low.start >= low.size) return {};
  return usage_error(fmt::format("{} regions of {} at {:#x} and {} at {:#x} overlap", space,
                                 low.device->name(), low.start.raw(), high.device->name(),
                                 high.start.raw()));
}

}  // namespace

template <class A>
Result<Table<A>> Table<A>::create(std::string_view space, std::span<const Region<A>> regions) {
  Table table;
  table.regions_.assign(regions.begin(), regions.end());
  std::ranges::sort(table.regions_, {}, &Region<A>::start);
  for (std::size_t i = 0; i < table.regions_.size(); ++i) {
    TRY_VOID(check_one(space, table.regions_[i]));
    if (i > 0) TRY_VOID(check_pair(space, table.regions_[i - 1], table.regions_[i]));
    table.starts_.push_back(table.regions_[i].start);
  }
  return table;
}

template class Table<Port>;
template class Table<Gpa>;

}  // namespace takt
