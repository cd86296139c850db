// SPDX-License-Identifier: Apache-2.0
// A bounded single-producer single-consumer ring for small jobs that come one at a time: what the
// producer pays is what the consumer's CPU needs to let go of one cache line. An element and the
// word that says it is there share that line; the index of the next is the producer's alone.
// (spsc_ring.h publishes by an index, a second line, and is for streams of bytes.)
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>

#include "base/rt.h"

namespace takt {

/// `Capacity` elements, all usable. One thread pushes, one thread takes, at the same time; both are
/// wait-free.
template <class T, std::size_t Capacity>
class SlotRing {
  static_assert(std::has_single_bit(Capacity));

 public:
  /// The producer's. False, and nothing stored, when the ring is full.
  [[nodiscard]] bool push(const T& value) RT {
    if (next_ - seen_head_ == Capacity) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (next_ - seen_head_ == Capacity) return false;
    }
    Slot& slot = slots_[next_ % Capacity];
    slot.value = value;
    slot.number.store(++next_, std::memory_order_release);
    return true;
  }

  // The consumer's:
  /// The oldest element, or null; it stays until drop_front().
  [[nodiscard]] const T* front() const RT {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    return is_there(head) ? &slots_[head % Capacity].value : nullptr;
  }
  /// After front() has given one.
  void drop_front() RT {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }
  /// How many elements are there. Looks at each once.
  [[nodiscard]] std::size_t depth() RT {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (end_ < head) end_ = head;
    while (end_ - head < Capacity && is_there(end_)) ++end_;
    return end_ - head;
  }

 private:
  struct alignas(64) Slot {
    T value{};
    std::atomic<std::size_t> number = 0;  // of the element: 1 for the first that was ever pushed
  };
  static_assert(sizeof(Slot) == 64, "an element has a line to itself");
  [[nodiscard]] bool is_there(std::size_t index) const RT {
    return slots_[index % Capacity].number.load(std::memory_order_acquire) == index + 1;
  }

  std::array<Slot, Capacity> slots_{};
  alignas(64) std::size_t next_ = 0;  // the producer's, as is the next
  std::size_t seen_head_ = 0;
  alignas(64) std::atomic<std::size_t> head_ = 0;
  std::size_t end_ = 0;  // the consumer's
};

}  // namespace takt
