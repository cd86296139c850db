// SPDX-License-Identifier: Apache-2.0
// Any sequence of accesses at any host time. Invariants: while the clock runs its bytes are a
// date, the phase stays within a second, and what is decoded comes back when it is encoded.
#include <cstdlib>
#include <cstring>
#include <span>

#include "dev/fakes.h"
#include "dev/rtc_cmos.h"

namespace takt {
namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

std::uint8_t get(RtcCmos& rtc, std::uint8_t address) {
  fakes::outb(rtc, 0, address);
  return fakes::inb(rtc, 1);
}

void check(RtcCmos& rtc) {
  using R = RtcCmos;
  const R::State before = rtc.state();
  require(before.phase_ns >= 0 && before.phase_ns < 1'000'000'000);
  const bool held = R::B::set::get(before.b.raw) || (R::A::dv::get(before.a.raw) & 6) == 6;
  if (held) return;
  const RtcTime shown{get(rtc, R::seconds),     get(rtc, R::minutes),       get(rtc, R::hours),
                      get(rtc, R::day_of_week), get(rtc, R::date_of_month), get(rtc, R::month),
                      get(rtc, R::year),        get(rtc, R::century)};
  const RtcFormat format{R::B::dm::get(before.b.raw), R::B::hour24::get(before.b.raw)};
  const auto time = rtc_decode(shown, format);
  require(time.has_value() && rtc_encode(*time, format) == shown);
  fakes::outb(rtc, 0, before.index);
}

/// Any time from 1678 to 2261, or a small step.
void move(fakes::ManualClock& clock, std::uint64_t value) {
  constexpr std::int64_t limit = 9'200'000'000'000'000'000;
  const auto wide = static_cast<std::int64_t>(value);
  if (value % 2 == 0)
    clock.ns = wide % limit;
  else if (clock.ns < limit)
    clock.ns += wide & 0xffff'ffff;
}

}  // namespace
}  // namespace takt

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace takt;
  fakes::ManualClock clock;
  RtcCmos rtc{clock};
  std::span input{data, size};
  for (; input.size() >= 9; input = input.subspan(9)) {
    std::uint64_t value = 0;
    std::memcpy(&value, &input[1], sizeof value);
    const auto byte = static_cast<std::uint8_t>(value);
    switch (input[0] & 7) {
      case 0: fakes::outb(rtc, 0, byte % 16); break;
      case 1: fakes::outb(rtc, 0, byte); break;
      case 2: move(clock, value); break;
      case 3: fakes::inb(rtc, 1); break;
      case 4: rtc.write({input[0], Width::b8}, value); break;
      default: fakes::outb(rtc, 1, byte); break;
    }
    check(rtc);
  }
  return 0;
}
