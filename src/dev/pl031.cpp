// SPDX-License-Identifier: Apache-2.0
#include "dev/pl031.h"

#include <chrono>
#include <limits>

namespace takt {

namespace {

constexpr std::int64_t second_ns = 1'000'000'000;
constexpr std::int64_t wrap_s = std::int64_t{1} << 32;  // DR is the same again

/// The start of a second, or the end of time.
constexpr std::int64_t to_ns(std::int64_t s) {
  constexpr std::int64_t last = std::numeric_limits<std::int64_t>::max();
  return s > last / second_ns ? last : s * second_ns;
}

}  // namespace

Pl031::Pl031(LevelIrq& irq, Clock& clock, Alarm& alarm) : irq_{irq}, clock_{clock}, alarm_{alarm} {
  schedule(host_s());
}

std::uint64_t Pl031::read(Access access) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  if (!reg) return 0;
  const std::int64_t now_s = host_s();
  catch_up(now_s);
  settle();
  return read_register(*reg, now_s);
}

void Pl031::write(Access access, std::uint64_t value) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  if (!reg) return;
  const std::int64_t now_s = host_s();
  catch_up(now_s);
  write_register(*reg, primecell::merge(stored(*reg), access.width, value), now_s);
  settle();
}

void Pl031::alarm_fired() RT {
  armed_ns_.reset();  // it fires once
  catch_up(host_s());
  settle();
}

std::uint32_t Pl031::read_register(Reg reg, std::int64_t now_s) const RT {
  switch (reg) {
    case Reg::dr: return dr(now_s);
    case Reg::cr: return 1;
    case Reg::ris: return Bit::set(0, state_.ris);
    case Reg::mis: return Bit::set(0, state_.ris && state_.imsc);
    default: return stored(reg) | primecell::read_id(periph_id, static_cast<std::uint64_t>(reg));
  }
}

/// What a register that is read as it was written holds; 0 for all others.
std::uint32_t Pl031::stored(Reg reg) const RT {
  switch (reg) {
    case Reg::mr: return state_.mr;
    case Reg::lr: return state_.lr;
    case Reg::imsc: return Bit::set(0, state_.imsc);
    default: return 0;
  }
}

void Pl031::write_register(Reg reg, std::uint32_t value, std::int64_t now_s) RT {
  switch (reg) {
    case Reg::mr: return write_mr(value, now_s);
    case Reg::lr: return write_lr(value, now_s);
    case Reg::imsc: state_.imsc = Bit::get(value); return;
    case Reg::icr: state_.ris = state_.ris && !Bit::get(value); return;
    default: return;
  }
}

void Pl031::write_mr(std::uint32_t value, std::int64_t now_s) RT {
  state_.mr = value;
  compare(now_s);
}

void Pl031::write_lr(std::uint32_t value, std::int64_t now_s) RT {
  state_.lr = value;
  state_.offset_s = value - static_cast<std::uint32_t>(now_s);
  compare(now_s);
}

std::int64_t Pl031::host_s() const RT {
  namespace chrono = std::chrono;
  return chrono::floor<chrono::seconds>(chrono::nanoseconds{clock_.realtime_ns()}).count();
}

std::uint32_t Pl031::dr(std::int64_t now_s) const RT {
  return static_cast<std::uint32_t>(now_s) + state_.offset_s;
}

/// Notices a match since the last look at the clock.
void Pl031::catch_up(std::int64_t now_s) RT {
  if (now_s < state_.match_s) return;
  state_.ris = true;
  schedule(now_s);
}

/// After a write to MR or LR.
void Pl031::compare(std::int64_t now_s) RT {
  if (dr(now_s) == state_.mr) state_.ris = true;
  schedule(now_s);
}

/// The next match after the second `now_s`.
void Pl031::schedule(std::int64_t now_s) RT {
  const std::uint32_t left_s = state_.mr - dr(now_s);
  state_.match_s = now_s + (left_s == 0 ? wrap_s : left_s);
}

/// The line, and the alarm, which is armed only while a match would raise the line.
void Pl031::settle() RT {
  irq_.set(state_.ris && state_.imsc);
  std::optional<std::int64_t> wanted_ns;
  if (state_.imsc && !state_.ris) wanted_ns = to_ns(state_.match_s);
  if (wanted_ns == armed_ns_) return;
  armed_ns_ = wanted_ns;
  if (wanted_ns)
    alarm_.arm(*wanted_ns);
  else
    alarm_.disarm();
}

}  // namespace takt
