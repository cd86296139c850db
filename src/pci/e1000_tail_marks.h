// SPDX-License-Identifier: Apache-2.0
// When the guest gave which descriptors: a mark for each write of TDT that has not been caught up
// with, so that a frame's time in the device can be told.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/rt.h"

namespace takt::e1000 {

class TailMarks {
 public:
  static constexpr std::size_t capacity = 32;

  /// The descriptors from the last mark up to `tail` were given at `at`, in cycles. When it is full
  /// they count as given with those before: told too long, never too short.
  void put(std::uint32_t tail, std::uint64_t at) RT {
    if (count_ == capacity)
      marks_[index(count_ - 1)].tail = tail;
    else
      marks_[index(count_++)] = {tail, at};
  }
  /// When the descriptor at `head`, which is the next to be taken, was given; `now` when that is
  /// not known.
  [[nodiscard]] std::uint64_t take(std::uint32_t head, std::uint64_t now) RT {
    if (count_ == 0) return now;
    while (count_ > 1 && marks_[first_].tail == head) {
      first_ = (first_ + 1) % capacity;
      --count_;
    }
    return marks_[first_].at;
  }
  /// All were caught up with.
  void clear() RT { count_ = 0; }

 private:
  struct Mark {
    std::uint32_t tail = 0;
    std::uint64_t at = 0;
  };
  [[nodiscard]] std::size_t index(std::size_t n) const RT { return (first_ + n) % capacity; }

  std::array<Mark, capacity> marks_{};
  std::size_t first_ = 0;
  std::size_t count_ = 0;
};

}  // namespace takt::e1000
