// SPDX-License-Identifier: Apache-2.0
#include "dev/rtc_calendar.h"

namespace takt {

namespace {

namespace chrono = std::chrono;

constexpr std::uint8_t pm_bit = 0x80;
constexpr unsigned invalid = 1000;  // beyond the range of every field

constexpr std::uint8_t encode(unsigned n, RtcFormat format) {
  return static_cast<std::uint8_t>(format.binary ? n : n / 10 * 16 + n % 10);
}

constexpr unsigned decode(std::uint8_t byte, RtcFormat format) {
  const unsigned tens = byte >> 4;
  const unsigned ones = byte & 0xf;
  if (format.binary) return byte;
  return tens < 10 && ones < 10 ? tens * 10 + ones : invalid;
}

constexpr std::uint8_t encode_hour(unsigned hour, RtcFormat format) {
  if (format.hour24) return encode(hour, format);
  const std::uint8_t twelve = encode((hour + 11) % 12 + 1, format);  // 0 is 12 AM
  return static_cast<std::uint8_t>(hour < 12 ? twelve : twelve | pm_bit);
}

constexpr unsigned decode_hour(std::uint8_t byte, RtcFormat format) {
  if (format.hour24) return decode(byte, format);
  const unsigned twelve = decode(byte & static_cast<std::uint8_t>(~pm_bit), format);
  if (twelve < 1 || twelve > 12) return invalid;
  return twelve % 12 + ((byte & pm_bit) != 0 ? 12 : 0);
}

static_assert(encode_hour(0, {.binary = false, .hour24 = false}) == 0x12);
static_assert(encode_hour(23, {.binary = false, .hour24 = false}) == 0x91);
static_assert(decode_hour(0x92, {.binary = false, .hour24 = false}) == 12);

constexpr unsigned four_digits(chrono::year year) {
  const int rest = static_cast<int>(year) % 10000;
  return static_cast<unsigned>(rest < 0 ? rest + 10000 : rest);
}

std::optional<chrono::sys_days> decode_date(const RtcTime& t, RtcFormat format) RT {
  const unsigned century = decode(t.century, format);
  const unsigned year = decode(t.year, format);
  if (century > 99 || year > 99) return std::nullopt;
  const chrono::year_month_day date{chrono::year{static_cast<int>(century * 100 + year)},
                                    chrono::month{decode(t.month, format)},
                                    chrono::day{decode(t.date_of_month, format)}};
  if (!date.ok()) return std::nullopt;
  return chrono::sys_days{date};
}

}  // namespace

RtcTime rtc_encode(chrono::sys_seconds time, RtcFormat format) RT {
  const auto day = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date{day};
  const chrono::hh_mm_ss clock{time - day};
  const unsigned year = four_digits(date.year());
  return {.seconds = encode(static_cast<unsigned>(clock.seconds().count()), format),
          .minutes = encode(static_cast<unsigned>(clock.minutes().count()), format),
          .hours = encode_hour(static_cast<unsigned>(clock.hours().count()), format),
          .day_of_week = encode(chrono::weekday{day}.c_encoding() + 1, format),
          .date_of_month = encode(static_cast<unsigned>(date.day()), format),
          .month = encode(static_cast<unsigned>(date.month()), format),
          .year = encode(year % 100, format),
          .century = encode(year / 100, format)};
}

std::optional<chrono::sys_seconds> rtc_decode(const RtcTime& t, RtcFormat format) RT {
  const auto day = decode_date(t, format);
  const unsigned hour = decode_hour(t.hours, format);
  const unsigned minute = decode(t.minutes, format);
  const unsigned second = decode(t.seconds, format);
  if (!day || hour > 23 || minute > 59 || second > 59) return std::nullopt;
  return *day + chrono::hours{hour} + chrono::minutes{minute} + chrono::seconds{second};
}

}  // namespace takt
