// SPDX-License-Identifier: Apache-2.0
// A bounded queue as plain data, for the state of a device model. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/rt.h"

namespace takt {

/// At most Capacity values, first in, first out. Total: a push into a full queue and a pop from an
/// empty one do nothing; the caller looks at size() where that matters.
template <class T, std::size_t Capacity>
struct Fifo {
  static_assert(Capacity > 0 && Capacity <= 128);  // head and count are bytes
  static constexpr std::size_t capacity = Capacity;

  void push(T value) RT {
    if (count < capacity) slots[(head + count++) % capacity] = value;
  }
  void pop() RT {
    if (count == 0) return;
    head = static_cast<std::uint8_t>((head + 1) % capacity);
    --count;
  }
  void clear() RT { count = 0; }
  [[nodiscard]] T front() const RT { return slots[head]; }
  [[nodiscard]] std::size_t size() const RT { return count; }
  [[nodiscard]] bool empty() const RT { return count == 0; }

  std::array<T, capacity> slots = {};
  std::uint8_t head = 0;
  std::uint8_t count = 0;
};

/// As deep as the 16550's.
using ByteFifo = Fifo<std::uint8_t, 16>;
static_assert(sizeof(ByteFifo) == 18);

}  // namespace takt
