// SPDX-License-Identifier: Apache-2.0
// Statistics registers, 317453, 13.7: a read clears them, they stay at their highest value, and the
// upper half of a 64-bit one clears both when it is read.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/rt.h"
#include "pci/e1000_regs.h"

namespace takt::e1000 {

class Statistics {
 public:
  explicit Statistics(Words& words) : words_{words} {}

  void count(Reg reg, std::uint32_t n = 1) RT {
    std::uint32_t& value = words_[word(reg)];
    value = n > ~value ? ~std::uint32_t{0} : value + n;
  }
  /// `low` is the lower register of a pair.
  void count_octets(Reg low, std::uint32_t n) RT {
    std::uint32_t& lower = words_[word(low)];
    std::uint32_t& upper = words_[word(low, 1)];
    lower += n;
    if (lower >= n) return;
    if (upper == ~std::uint32_t{0})
      lower = ~std::uint32_t{0};
    else
      ++upper;
  }
  /// Frames of `bytes` with their CRC, in the classes of length that begin with `first`: PRC64 or
  /// PTC64.
  void count_length(Reg first, std::uint32_t bytes, std::uint32_t frames = 1) RT {
    static constexpr std::array<std::uint32_t, 5> most{64, 127, 255, 511, 1023};
    const auto* const at = std::lower_bound(most.begin(), most.end(), bytes);
    const auto index = static_cast<std::uint32_t>(at - most.begin());
    count(Reg{static_cast<std::uint32_t>(first) + 4 * index}, frames);
  }

  /// What the guest reads at `offset`, which is one of theirs.
  [[nodiscard]] std::uint32_t read(std::uint32_t offset) RT {
    const std::size_t n = offset / 4;
    const std::uint32_t value = words_[n];
    if (is_upper(offset)) words_[n - 1] = 0;
    if (!is_lower(offset)) words_[n] = 0;
    return value;
  }

 private:
  [[nodiscard]] static bool is_lower(std::uint32_t offset) RT {
    return offset == raw(Reg::GORCL) || offset == raw(Reg::GOTCL) || offset == raw(Reg::TORL) ||
           offset == raw(Reg::TOTL);
  }
  [[nodiscard]] static bool is_upper(std::uint32_t offset) RT { return is_lower(offset - 4); }
  [[nodiscard]] static constexpr std::uint32_t raw(Reg reg) {
    return static_cast<std::uint32_t>(reg);
  }

  Words& words_;
};

}  // namespace takt::e1000
