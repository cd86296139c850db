// SPDX-License-Identifier: Apache-2.0
// Bit fields and width arithmetic. Bit numbers are inclusive and in the manuals' order: high, low.
#pragma once

#include <concepts>
#include <cstdint>

#include "base/units.h"

namespace takt {

/// Bits High..Low of a register kept in Raw, seen as a T. Has no storage: get() and set() work on
/// a raw value, so that a mask of one register cannot be applied to another by accident when each
/// register is a type of its own.
template <unsigned High, unsigned Low, std::unsigned_integral Raw, class T = Raw>
struct Field {
  static_assert(High >= Low && High < sizeof(Raw) * 8);
  static constexpr Raw ones = static_cast<Raw>(
      High - Low + 1 == sizeof(Raw) * 8 ? ~Raw{0} : (Raw{1} << (High - Low + 1)) - 1);
  static constexpr Raw mask = static_cast<Raw>(ones << Low);

  [[nodiscard]] static constexpr T get(Raw raw) {
    return static_cast<T>(static_cast<Raw>((raw >> Low) & ones));
  }
  /// `raw` with this field replaced; bits of `value` beyond the field are dropped.
  [[nodiscard]] static constexpr Raw set(Raw raw, T value) {
    return static_cast<Raw>((raw & static_cast<Raw>(~mask)) |
                            (static_cast<Raw>(static_cast<Raw>(value) << Low) & mask));
  }
};

/// All ones in the low `w` bytes: what a read of an address that nobody claims returns.
[[nodiscard]] constexpr std::uint64_t width_mask(Width w) {
  return w == Width::b8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (bytes(w) * 8)) - 1;
}

[[nodiscard]] constexpr bool is_aligned(std::uint64_t value, std::uint64_t power_of_two) {
  return (value & (power_of_two - 1)) == 0;
}

/// `value` rounded up to a multiple of `power_of_two`. The caller makes sure that it fits.
[[nodiscard]] constexpr std::uint64_t align_up(std::uint64_t value, std::uint64_t power_of_two) {
  return (value + power_of_two - 1) & ~(power_of_two - 1);
}

}  // namespace takt
