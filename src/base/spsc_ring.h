// SPDX-License-Identifier: Apache-2.0
// A bounded single-producer single-consumer ring without locks.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstddef>
#include <optional>

#include "base/rt.h"

namespace takt {

/// `Capacity` elements, all usable. One thread pushes, one thread pops, at the same time; both
/// are wait-free. When several threads push, they hold one lock among themselves.
template <class T, std::size_t Capacity>
class SpscRing {
  static_assert(std::has_single_bit(Capacity));

 public:
  /// False, and nothing stored, when the ring is full.
  [[nodiscard]] bool push(const T& value) RT {
    const std::size_t tail = tail_.load(std::memory_order_relaxed);
    if (tail - seen_head_ == Capacity) {
      seen_head_ = head_.load(std::memory_order_acquire);
      if (tail - seen_head_ == Capacity) return false;
    }
    slots_[tail % Capacity] = value;
    tail_.store(tail + 1, std::memory_order_release);
    return true;
  }

  [[nodiscard]] std::optional<T> pop() RT {
    const T* oldest = front();
    if (oldest == nullptr) return std::nullopt;
    const T value = *oldest;
    drop_front();
    return value;
  }

  /// The oldest element, or null; it stays until drop_front(). The popping thread only.
  [[nodiscard]] const T* front() const RT {
    const std::size_t head = head_.load(std::memory_order_relaxed);
    if (head == tail_.load(std::memory_order_acquire)) return nullptr;
    return &slots_[head % Capacity];
  }
  /// After front() has given one.
  void drop_front() RT {
    head_.store(head_.load(std::memory_order_relaxed) + 1, std::memory_order_release);
  }

  /// Number of elements now; exact for a caller that is the only producer or consumer of them.
  [[nodiscard]] std::size_t size() const RT {
    return tail_.load(std::memory_order_acquire) - head_.load(std::memory_order_acquire);
  }
  [[nodiscard]] bool empty() const RT { return size() == 0; }
  [[nodiscard]] static constexpr std::size_t capacity() { return Capacity; }

 private:
  std::array<T, Capacity> slots_{};
  alignas(64) std::atomic<std::size_t> head_ = 0;
  alignas(64) std::atomic<std::size_t> tail_ = 0;
  std::size_t seen_head_ = 0;  // the producer's: it looks at the consumer's line only when it must
};

}  // namespace takt
