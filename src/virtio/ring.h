// SPDX-License-Identifier: Apache-2.0
// What both formats of a virtqueue have in common: where it is, descriptors as they are in guest
// memory, and how that memory is read: each field once. virtio 1.2, 2.7 and 2.8.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "base/rt.h"
#include "base/units.h"

namespace takt::virtio {

static_assert(std::endian::native == std::endian::little, "rings are little-endian");

/// Where a queue is, as the driver has said (4.1.4.3).
struct QueueLayout {
  std::uint16_t size = 0;
  Gpa desc;    // descriptor table; packed: descriptor ring
  Gpa driver;  // available ring; packed: driver event suppression
  Gpa device;  // used ring; packed: device event suppression
};

enum class Pop : std::uint8_t { none, chain, broken };

/// What broke a queue.
enum class Fault : std::uint8_t {
  none,
  avail_index,  // split: the index is further ahead than the queue is long
  in_flight,    // more is available than there are descriptors that the device does not hold
  desc_index,   // no such descriptor
  too_long,     // a chain longer than the queue or than Chain::most_pieces; loops are
  order,        // readable after writable (2.7.4.2)
  not_ram,      // a buffer or table that is not within one region of RAM
  bytes,        // more than 2^32 in all (2.7.5)
  indirect,     // not negotiated, nested, mixed with NEXT, or a table of no sensible length
};

namespace desc_flag {  // 2.7.5, 2.8.1
inline constexpr std::uint16_t next = 1;
inline constexpr std::uint16_t write = 2;
inline constexpr std::uint16_t indirect = 4;
inline constexpr std::uint16_t avail = 1 << 7;  // packed
inline constexpr std::uint16_t used = 1 << 15;  // packed
}  // namespace desc_flag

/// struct virtq_desc. 2.7.5.
struct SplitDesc {
  std::uint64_t addr = 0;
  std::uint32_t len = 0;
  std::uint16_t flags = 0;
  std::uint16_t next = 0;
};
static_assert(sizeof(SplitDesc) == 16 && offsetof(SplitDesc, flags) == 12);

/// struct pvirtq_desc. 2.8.13.
struct PackedDesc {
  std::uint64_t addr = 0;
  std::uint32_t len = 0;
  std::uint16_t id = 0;
  std::uint16_t flags = 0;
};
static_assert(sizeof(PackedDesc) == 16 && offsetof(PackedDesc, flags) == 14);

inline constexpr std::uint32_t desc_bytes = 16;

/// Copies a descriptor out, once: the fence keeps the compiler from looking at the guest's again
/// instead of at the copy. A table need not be aligned.
template <class Desc>
[[nodiscard]] inline Desc load_desc(const std::byte* from) RT {
  Desc desc;
  std::memcpy(&desc, from, sizeof desc);
  std::atomic_signal_fence(std::memory_order_seq_cst);
  return desc;
}

/// A word of a ring; aligned.
template <class T>
[[nodiscard]] inline std::atomic_ref<T> ring_word(std::byte* at) RT {
  return std::atomic_ref<T>{*static_cast<T*>(static_cast<void*>(at))};
}
template <class T>
[[nodiscard]] inline T load_word(std::byte* at,
                                 std::memory_order order = std::memory_order_relaxed) RT {
  return ring_word<T>(at).load(order);
}
template <class T>
inline void store_word(std::byte* at, T value,
                       std::memory_order order = std::memory_order_relaxed) RT {
  ring_word<T>(at).store(value, order);
}

}  // namespace takt::virtio
