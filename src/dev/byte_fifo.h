// SPDX-License-Identifier: Apache-2.0
// A bounded queue of bytes as plain data, for the state of a device model. One thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/rt.h"

namespace takt {

/// At most 16 bytes, first in, first out. Total: a push into a full queue and a pop from an empty
/// one do nothing; the caller looks at size() where that matters.
struct ByteFifo {
  static constexpr std::size_t capacity = 16;

  void push(std::uint8_t byte) RT {
    if (count < capacity) slots[(head + count++) % capacity] = byte;
  }
  void pop() RT {
    if (count == 0) return;
    head = static_cast<std::uint8_t>((head + 1) % capacity);
    --count;
  }
  void clear() RT { count = 0; }
  [[nodiscard]] std::uint8_t front() const RT { return slots[head]; }
  [[nodiscard]] std::size_t size() const RT { return count; }
  [[nodiscard]] bool empty() const RT { return count == 0; }

  std::array<std::uint8_t, capacity> slots = {};
  std::uint8_t head = 0;
  std::uint8_t count = 0;
};
static_assert(sizeof(ByteFifo) == 18);

}  // namespace takt
