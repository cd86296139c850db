// SPDX-License-Identifier: Apache-2.0
#include "dev/pl061.h"

namespace takt {

namespace {

using State = Pl061::State;
using Reg = Pl061::Reg;

constexpr std::uint8_t byte(unsigned value) { return static_cast<std::uint8_t>(value); }

/// `b` where `mask` has ones, `a` elsewhere.
constexpr std::uint8_t select(std::uint8_t mask, std::uint8_t a, std::uint8_t b) {
  return byte((a & ~unsigned{mask}) | (b & unsigned{mask}));
}

/// The registers that are read as they were written; null for the others.
constexpr std::uint8_t State::* stored(Reg reg) {
  switch (reg) {
    case Reg::dir: return &State::dir;
    case Reg::is: return &State::is;
    case Reg::ibe: return &State::ibe;
    case Reg::iev: return &State::iev;
    case Reg::ie: return &State::ie;
    case Reg::afsel: return &State::afsel;
    default: return nullptr;
  }
}

constexpr bool is_data(Reg reg) { return reg < Reg::dir; }
constexpr std::uint8_t data_mask(Reg reg) { return byte(static_cast<unsigned>(reg) >> 2); }

}  // namespace

std::uint64_t Pl061::read(Access access) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  return reg ? read_register(*reg) : 0;
}

void Pl061::write(Access access, std::uint64_t value) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  if (!reg) return;
  const std::uint8_t before = pins();
  write_register(*reg, static_cast<std::uint8_t>(value));
  sense_edges(before);
  update_irq();
}

void Pl061::set_input(unsigned pin, bool level) RT {
  const std::uint8_t before = pins();
  const std::uint8_t mask = byte(1u << pin % pin_count);
  state_.in = select(mask, state_.in, level ? mask : 0);
  sense_edges(before);
  update_irq();
}

std::uint8_t Pl061::pins() const RT { return select(state_.dir, state_.in, state_.out); }

std::uint8_t Pl061::read_register(Reg reg) const RT {
  if (is_data(reg)) return pins() & data_mask(reg);
  if (const auto member = stored(reg); member != nullptr) return state_.*member;
  switch (reg) {
    case Reg::ris: return raw_interrupts();
    case Reg::mis: return raw_interrupts() & state_.ie;
    default: return byte(primecell::read_id(periph_id, static_cast<std::uint64_t>(reg)));
  }
}

void Pl061::write_register(Reg reg, std::uint8_t value) RT {
  if (is_data(reg)) return write_data(data_mask(reg), value);
  if (const auto member = stored(reg); member != nullptr) state_.*member = value;
  if (reg == Reg::ic) state_.edges = select(value, state_.edges, 0);
}

/// 3.3.1: a pin that is an input takes no value; Linux writes it again after DIR for that.
void Pl061::write_data(std::uint8_t mask, std::uint8_t value) RT {
  state_.out = select(mask & state_.dir, state_.out, value);
}

std::uint8_t Pl061::raw_interrupts() const RT {
  const std::uint8_t at_level = byte(~(unsigned{pins()} ^ state_.iev));
  return select(state_.is, state_.edges, at_level);
}

/// After anything that may change a pin, with the pins of before.
void Pl061::sense_edges(std::uint8_t before) RT {
  const unsigned changed = unsigned{before} ^ pins();
  const unsigned wanted = state_.ibe | ~(unsigned{pins()} ^ state_.iev);
  state_.edges |= byte(changed & wanted & ~unsigned{state_.is});
}

void Pl061::update_irq() RT { irq_.set((raw_interrupts() & state_.ie) != 0); }

}  // namespace takt
