// SPDX-License-Identifier: Apache-2.0
// From an address to a device, without a lock.
//
// A Table is immutable. Changing the map builds a new table off the real-time path and publishes
// it with one atomic store; the old one is freed when no vCPU can still see it (base/quiescence.h).
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "base/bits.h"
#include "base/quiescence.h"
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
  DeviceId id = {};  // for records

  /// What Table::find() has found for this address and width.
  [[nodiscard]] std::uint64_t read(A addr, Width w, VcpuId from) const RT {
    if (w > widest) [[unlikely]]
      return read_split(addr - start, w, from);
    return device->read({addr - start, w, from}) & width_mask(w);
  }
  void write(A addr, Width w, VcpuId from, std::uint64_t value) const RT {
    if (w > widest) [[unlikely]]
      return write_split(addr - start, w, from, value);
    device->write({addr - start, w, from}, value & width_mask(w));
  }

 private:
  [[nodiscard]] std::uint64_t read_split(std::uint64_t offset, Width w, VcpuId from) const RT {
    const std::uint64_t step = bytes(widest);
    std::uint64_t value = 0;
    for (std::uint64_t i = 0; i < bytes(w); i += step)
      value |= (device->read({offset + i, widest, from}) & width_mask(widest)) << (i * 8);
    return value;
  }
  void write_split(std::uint64_t offset, Width w, VcpuId from, std::uint64_t value) const RT {
    const std::uint64_t step = bytes(widest);
    for (std::uint64_t i = 0; i < bytes(w); i += step)
      device->write({offset + i, widest, from}, (value >> (i * 8)) & width_mask(widest));
  }
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

/// What the vCPU threads call on an exit, inside a Quiescence::Visit. Any number of threads at
/// once; wait-free up to the device's own handler.
template <class A>
class Bus {
 public:
  Bus() : table_{std::make_unique<const Table<A>>()}, seen_{table_.get()} {}

  /// Makes `table` the one in force and frees the one before, when no reader has it any more:
  /// blocks until then. One caller at a time, not a reader; before there are readers it does not
  /// wait.
  void publish(Table<A> table, const Quiescence& readers) {
    const auto old = replace(std::move(table));
    readers.wait();
  }
  /// The same for a caller that cannot wait: the one before is the caller's, to be freed when no
  /// reader has it any more.
  [[nodiscard]] std::unique_ptr<const Table<A>> replace(Table<A> table) {
    auto next = std::make_unique<const Table<A>>(std::move(table));
    seen_.store(next.get(), std::memory_order_seq_cst);
    return std::exchange(table_, std::move(next));
  }
  /// The table in force: for the publisher.
  [[nodiscard]] const Table<A>& table() const { return *table_; }

  /// The region that takes an access, good until the end of the Visit; null, and counted, where no
  /// device is: such a read gives all ones, such a write is dropped.
  [[nodiscard]] const Region<A>* find(A addr, Width w) RT {
    const Region<A>* region = seen_.load(std::memory_order_seq_cst)->find(addr, w);
    if (region == nullptr) [[unlikely]]
      unclaimed_.fetch_add(1, std::memory_order_relaxed);
    return region;
  }
  std::uint64_t read(A addr, Width w, VcpuId from = {}) RT {
    const Region<A>* region = find(addr, w);
    return region == nullptr ? ~std::uint64_t{0} : region->read(addr, w, from);
  }
  void write(A addr, Width w, std::uint64_t value, VcpuId from = {}) RT {
    if (const Region<A>* region = find(addr, w)) region->write(addr, w, from, value);
  }

  /// Accesses so far that went to no device.
  [[nodiscard]] std::uint64_t unclaimed() const RT {
    return unclaimed_.load(std::memory_order_relaxed);
  }

 private:
  std::unique_ptr<const Table<A>> table_;
  std::atomic<const Table<A>*> seen_;  // table_, but for the time that publish() takes
  std::atomic<std::uint64_t> unclaimed_ = 0;
};

using PioBus = Bus<Port>;
using MmioBus = Bus<Gpa>;

}  // namespace takt
