// SPDX-License-Identifier: Apache-2.0
// From an address to a device, without a lock.
//
// A Table is immutable. Changing the map builds a new table off the real-time path and publishes
// it with one atomic store; the old one lives until no vCPU can still see it (today: until the VM
// has stopped, because nothing changes the map of a running VM yet).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <span>
#include <vector>

#include "base/bits.h"
#include "base/result.h"
#include "base/rt.h"
#include "base/units.h"
#include "bus/device.h"

namespace takt {

/// [start, start + size) of an address space belongs to `device`. Accesses wider than `widest`
/// are split into accesses of that width, lowest address first, as an ISA bus does it.
template <class A>
struct Region {
  A start;
  std::uint64_t size = 0;
  Device* device = nullptr;
  Width widest = Width::b8;
};

/// The map of one address space (A is Gpa or Port): sorted, disjoint, never changed.
template <class A>
class Table {
 public:
  Table() = default;
  /// Refuses empty regions, regions that wrap and regions that overlap; the error names both.
  /// `space` is the word for the address space in that message.
  static Result<Table> create(std::string_view space, std::span<const Region<A>> regions);

  /// The region that holds all of [addr, addr + w); null when there is none, also for an access
  /// that straddles the end of a region. At most log2(regions) steps.
  [[nodiscard]] const Region<A>* find(A addr, Width w) const RT {
    auto it = std::upper_bound(starts_.begin(), starts_.end(), addr);
    if (it == starts_.begin()) return nullptr;
    const auto& region = regions_[static_cast<std::size_t>(it - starts_.begin() - 1)];
    const std::uint64_t offset = addr - region.start;  // no overflow: start <= addr
    return offset < region.size && region.size - offset >= bytes(w) ? &region : nullptr;
  }

  [[nodiscard]] std::span<const Region<A>> regions() const RT { return regions_; }

 private:
  std::vector<A> starts_;  // apart from the regions: the search touches few cache lines
  std::vector<Region<A>> regions_;
};

/// What the vCPU threads call on an exit. Any number of threads at once; wait-free up to the
/// device's own handler.
template <class A>
class Bus {
 public:
  /// Makes `table` the one in force. The table outlives the bus or the next publish(), whichever
  /// is first, plus the time that vCPU threads are still inside an access.
  void publish(const Table<A>& table) RT { table_.store(&table, std::memory_order_release); }

  /// All ones where no device is.
  std::uint64_t read(A addr, Width w) RT {
    const Region<A>* region = table_.load(std::memory_order_acquire)->find(addr, w);
    if (region == nullptr) [[unlikely]] {
      unclaimed_.fetch_add(1, std::memory_order_relaxed);
      return ~std::uint64_t{0};
    }
    const std::uint64_t offset = addr - region->start;
    if (w <= region->widest) [[likely]]
      return region->device->read({offset, w}) & width_mask(w);
    return read_split(*region, offset, w);
  }

  /// Dropped where no device is.
  void write(A addr, Width w, std::uint64_t value) RT {
    const Region<A>* region = table_.load(std::memory_order_acquire)->find(addr, w);
    if (region == nullptr) [[unlikely]] {
      unclaimed_.fetch_add(1, std::memory_order_relaxed);
      return;
    }
    const std::uint64_t offset = addr - region->start;
    if (w <= region->widest) [[likely]]
      return region->device->write({offset, w}, value & width_mask(w));
    write_split(*region, offset, w, value);
  }

  /// Accesses so far that went to no device.
  [[nodiscard]] std::uint64_t unclaimed() const RT {
    return unclaimed_.load(std::memory_order_relaxed);
  }

 private:
  static std::uint64_t read_split(const Region<A>& region, std::uint64_t offset, Width w) RT {
    const std::uint64_t step = bytes(region.widest);
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < bytes(w); i += step)
      value |= (region.device->read({offset + i, region.widest}) & width_mask(region.widest))
               << (i * 8);
    return value;
  }
  static void write_split(const Region<A>& region, std::uint64_t offset, Width w,
                          std::uint64_t value) RT {
    const std::uint64_t step = bytes(region.widest);
    for (std::uint64_t i = 0; i < bytes(w); i += step)
      region.device->write({offset + i, region.widest},
                           (value >> (i * 8)) & width_mask(region.widest));
  }

  static inline const Table<A> nothing_{};
  std::atomic<const Table<A>*> table_ = &nothing_;
  std::atomic<std::uint64_t> unclaimed_ = 0;
};

using PioBus = Bus<Port>;
using MmioBus = Bus<Gpa>;

}  // namespace takt
