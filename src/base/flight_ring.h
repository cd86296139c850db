// SPDX-License-Identifier: Apache-2.0
// The last things that a thread did: a ring of records that are written over. The writer never
// waits for a reader and does not know of any; a reader copies, and drops what was written over
// while it copied.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/rt.h"

namespace takt {

/// `Record` is plain data, a multiple of 8 bytes. `Size` is a power of two.
template <class Record, std::size_t Size>
class FlightRing {
  static_assert(std::has_single_bit(Size) && std::is_trivially_copyable_v<Record>);
  static_assert(sizeof(Record) % sizeof(std::uint64_t) == 0);

 public:
  /// One thread only. No allocation, no locked instruction.
  void put(const Record& record) RT {
    const std::uint64_t n = count_.load(std::memory_order_relaxed);
    std::atomic_thread_fence(std::memory_order_release);  // the last count before these words
    store(slots_[n % Size], record, std::make_index_sequence<words>{});
    count_.store(n + 1, std::memory_order_release);
  }

  /// How many records were ever put. Any thread.
  [[nodiscard]] std::uint64_t count() const { return count_.load(std::memory_order_acquire); }

  /// The records that are there, oldest first; at most Size - 1. Any thread; allocates.
  [[nodiscard]] std::vector<Record> copy() const {
    const std::uint64_t end = count();
    const std::uint64_t begin = first_intact(end);
    std::vector<Record> records(static_cast<std::size_t>(end - begin));
    for (std::uint64_t n = begin; n < end; ++n)
      load(slots_[n % Size], records[static_cast<std::size_t>(n - begin)]);
    std::atomic_thread_fence(std::memory_order_acquire);  // the words before the count
    const std::uint64_t lost = std::clamp(first_intact(count()), begin, end) - begin;
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(lost));
    return records;
  }

 private:
  static constexpr std::size_t words = sizeof(Record) / sizeof(std::uint64_t);
  using Slot = std::array<std::atomic<std::uint64_t>, words>;

  /// When `count` records are done, the next one may be half written: over the one that is Size
  /// before it.
  static std::uint64_t first_intact(std::uint64_t count) {
    return count > Size - 1 ? count - (Size - 1) : 0;
  }
  template <std::size_t... i>
  static void store(Slot& slot, const Record& record, std::index_sequence<i...>) RT {
    const auto raw = std::bit_cast<std::array<std::uint64_t, words>>(record);
    (slot[i].store(raw[i], std::memory_order_relaxed), ...);
  }
  static void load(const Slot& slot, Record& record) {
    std::array<std::uint64_t, words> raw;
    for (std::size_t i = 0; i < words; ++i) raw[i] = slot[i].load(std::memory_order_relaxed);
    record = std::bit_cast<Record>(raw);
  }

  std::array<Slot, Size> slots_{};
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace takt
