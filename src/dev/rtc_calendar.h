// SPDX-License-Identifier: Apache-2.0
// The time and calendar bytes of the MC146818A (Motorola data sheet ADI-856R2, 1984, table 3
// "Time, Calendar, and Alarm Data Modes") and the century byte that PCs keep beside them, to and
// from seconds since 1970. Pure functions in constant time, for the years 0 to 9999.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/rt.h"

namespace takt {

/// How the bytes are written: register B, bits DM and 24/12.
struct RtcFormat {
  bool binary = false;  // otherwise BCD
  bool hour24 = true;   // otherwise 1..12 with bit 7 for PM
};

struct RtcTime {
  std::uint8_t seconds = 0;
  std::uint8_t minutes = 0;
  std::uint8_t hours = 0;
  std::uint8_t day_of_week = 0;  // 1 is Sunday
  std::uint8_t date_of_month = 0;
  std::uint8_t month = 0;
  std::uint8_t year = 0;  // of the century
  std::uint8_t century = 0;
  bool operator==(const RtcTime&) const = default;
};

/// Of a year beyond 0..9999, the last four digits.
[[nodiscard]] RtcTime rtc_encode(std::chrono::sys_seconds time, RtcFormat format) RT;

/// Nothing when the bytes are no time of day or no date. The day of the week is not looked at.
[[nodiscard]] std::optional<std::chrono::sys_seconds> rtc_decode(const RtcTime& time,
                                                                 RtcFormat format) RT;

}  // namespace takt
