// SPDX-License-Identifier: Apache-2.0
#include "dev/rtc_cmos.h"

namespace takt {

namespace chrono = std::chrono;

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t t_buc_ns = 244'000;  // UIP before the update, data sheet table 6

/// Null for an address that is not one of time.
constexpr std::uint8_t RtcTime::* time_byte(std::uint8_t address) {
  switch (address) {
    case RtcCmos::seconds: return &RtcTime::seconds;
    case RtcCmos::minutes: return &RtcTime::minutes;
    case RtcCmos::hours: return &RtcTime::hours;
    case RtcCmos::day_of_week: return &RtcTime::day_of_week;
    case RtcCmos::date_of_month: return &RtcTime::date_of_month;
    case RtcCmos::month: return &RtcTime::month;
    case RtcCmos::year: return &RtcTime::year;
    case RtcCmos::century: return &RtcTime::century;
    default: return nullptr;
  }
}

}  // namespace

RtcCmos::RtcCmos(Clock& clock) : clock_{clock} {
  state_.update_seen_s = now().time.time_since_epoch().count();
}

std::uint64_t RtcCmos::read(Access access) RT {
  // The index port of a PC is write only; nobody drives the bus.
  return access.offset == data_offset ? read_data() : 0xff;
}

void RtcCmos::write(Access access, std::uint64_t value) RT {
  const auto byte = static_cast<std::uint8_t>(value);
  if (access.offset == index_offset) state_.index = byte & 0x7f;  // bit 7 masks NMI
  if (access.offset == data_offset) write_data(byte);
}

std::uint8_t RtcCmos::read_data() RT {
  switch (state_.index) {
    case register_a: return read_a();
    case register_b: return state_.b.raw;
    case register_c: return read_c();
    case register_d: return D::vrt::mask;
    default: break;
  }
  const auto byte = time_byte(state_.index);
  return byte != nullptr ? time_bytes().*byte : state_.ram[state_.index % 128];
}

void RtcCmos::write_data(std::uint8_t value) RT {
  switch (state_.index) {
    case register_a: return write_a(value);
    case register_b: return write_b(value);
    case register_c: return;
    case register_d: return;
    default: break;
  }
  if (const auto byte = time_byte(state_.index); byte != nullptr) return write_time(byte, value);
  state_.ram[state_.index % 128] = value;
}

std::uint8_t RtcCmos::read_a() const RT {
  return A::uip::set(state_.a.raw, running() && now().ns >= second_ns - t_buc_ns);
}

std::uint8_t RtcCmos::read_c() RT {
  if (!running()) return 0;
  const std::int64_t time_s = now().time.time_since_epoch().count();
  const bool updated = time_s != state_.update_seen_s;
  state_.update_seen_s = time_s;
  return C::uf::set(C::irqf::set(0, updated && B::uie::get(state_.b.raw)), updated);
}

void RtcCmos::write_a(std::uint8_t value) RT {
  const bool was_running = running();
  const bool was_reset = divider_reset();
  const RtcTime bytes = time_bytes();
  state_.a.raw = A::uip::set(value, false);
  state_.held = bytes;
  if (was_reset && !divider_reset()) {  // the next update is half a second away
    const std::int64_t ns = now().ns - state_.phase_ns;
    state_.phase_ns = ((second_ns / 2 - ns) % second_ns + second_ns) % second_ns;
  }
  go_on(was_running);
}

void RtcCmos::write_b(std::uint8_t value) RT {
  const bool was_running = running();
  const RtcTime bytes = time_bytes();
  const bool set = B::set::get(value);
  state_.b.raw = set ? B::uie::set(value, false) : value;  // SET going to 1 clears UIE
  state_.held = bytes;
  go_on(was_running);
}

/// After a change of A or B, with the time bytes of before in `held`.
void RtcCmos::go_on(bool was_running) RT {
  if (!was_running && running()) set_time(state_.held);
}

void RtcCmos::write_time(std::uint8_t RtcTime::* byte, std::uint8_t value) RT {
  RtcTime bytes = time_bytes();
  bytes.*byte = value;
  state_.held = bytes;
  if (running()) set_time(bytes);
}

/// From now on it is the time in `bytes`; the phase within the second stays. Nothing happens when
/// they are no date.
void RtcCmos::set_time(const RtcTime& bytes) RT {
  const auto time = rtc_decode(bytes, format());
  if (!time) return;
  state_.offset_s += (*time - now().time).count();
  state_.update_seen_s = time->time_since_epoch().count();
}

RtcCmos::Now RtcCmos::now() const RT {
  const chrono::nanoseconds host{clock_.realtime_ns()};
  const auto host_s = chrono::floor<chrono::seconds>(host);
  const std::int64_t ns = (host - host_s).count() + state_.phase_ns;
  const std::int64_t carry = ns >= second_ns ? 1 : 0;
  const chrono::seconds time{host_s.count() + state_.offset_s + carry};
  return {chrono::sys_seconds{time}, ns - carry * second_ns};
}

RtcFormat RtcCmos::format() const RT {
  return {.binary = B::dm::get(state_.b.raw), .hour24 = B::hour24::get(state_.b.raw)};
}

bool RtcCmos::running() const RT { return !B::set::get(state_.b.raw) && !divider_reset(); }

RtcTime RtcCmos::time_bytes() const RT {
  return running() ? rtc_encode(now().time, format()) : state_.held;
}

}  // namespace takt
