// SPDX-License-Identifier: Apache-2.0
#include "dev/pl011.h"

namespace takt {

using namespace pl011;

std::uint64_t Pl011::read(Access access) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  if (!reg) return 0;
  const std::uint32_t value = read_register(*reg);
  update_irq();
  return value;
}

void Pl011::write(Access access, std::uint64_t value) RT {
  const auto reg = primecell::decode<Reg>(access.offset);
  if (!reg) return;
  write_register(*reg, primecell::merge(stored(*reg), access.width, value));
  update_irq();
}

std::uint32_t Pl011::read_register(Reg reg) RT {
  switch (reg) {
    case Reg::dr: return read_dr();
    case Reg::rsr_ecr: return state_.rsr.raw;
    case Reg::fr: return read_fr();
    case Reg::ris: return raw_interrupts().raw;
    case Reg::mis: return raw_interrupts().raw & state_.imsc.raw;
    default: return stored(reg) | primecell::read_id(periph_id, static_cast<std::uint64_t>(reg));
  }
}

/// What a register that is read as it was written holds; 0 for all others.
std::uint32_t Pl011::stored(Reg reg) const RT {
  switch (reg) {
    case Reg::ilpr: return state_.ilpr;
    case Reg::ibrd: return state_.ibrd;
    case Reg::fbrd: return state_.fbrd.raw;
    case Reg::lcr_h: return state_.lcr_h.raw;
    case Reg::cr: return state_.cr.raw;
    case Reg::ifls: return state_.ifls.raw;
    case Reg::imsc: return state_.imsc.raw;
    case Reg::dmacr: return state_.dmacr.raw;
    default: return 0;
  }
}

void Pl011::write_register(Reg reg, std::uint32_t value) RT {
  const auto byte = static_cast<std::uint8_t>(value);
  const auto half = static_cast<std::uint16_t>(value);
  switch (reg) {
    case Reg::dr: return write_dr(byte);
    case Reg::rsr_ecr: state_.rsr = {}; return;
    case Reg::ilpr: state_.ilpr = byte; return;
    case Reg::ibrd: state_.ibrd = half; return;
    case Reg::fbrd: state_.fbrd.raw = byte & Fbrd::writable; return;
    case Reg::lcr_h: return write_lcr_h(byte);
    case Reg::cr: return write_cr(half);
    case Reg::ifls: return write_ifls(byte);
    case Reg::imsc: state_.imsc.raw = half & Interrupts::all; return;
    case Reg::icr: return write_icr(half);
    case Reg::dmacr: state_.dmacr.raw = byte & Dmacr::writable; return;
    default: return;  // FR, RIS, MIS and the identification are read only
  }
}

std::uint32_t Pl011::read_dr() RT {
  if (!state_.rx.empty()) state_.dr.raw = state_.rx.front();
  state_.rx.pop();
  compare_levels();
  return state_.dr.raw;
}

std::uint32_t Pl011::read_fr() const RT {
  Fr fr = modem_inputs(state_.cr);
  fr.raw = Fr::txfe::set(fr.raw, state_.tx.empty());
  fr.raw = Fr::rxff::set(fr.raw, state_.rx.size() == depth());
  fr.raw = Fr::txff::set(fr.raw, state_.tx.size() == depth());
  fr.raw = Fr::rxfe::set(fr.raw, state_.rx.empty());
  fr.raw = Fr::busy::set(fr.raw, !state_.tx.empty());  // 3.3.3: even when the UART is off
  return fr.raw;
}

void Pl011::write_dr(std::uint8_t value) RT {
  if (state_.tx.size() == depth()) {
    ++counters_.tx_lost;
    return;
  }
  state_.tx.push(value);
  compare_levels();
  transmit();
}

void Pl011::write_lcr_h(std::uint8_t value) RT {
  const bool was_enabled = fifo_enabled();
  state_.lcr_h.raw = value;
  if (was_enabled && !fifo_enabled()) clear_fifos();  // 3.3.8: how software flushes them
  compare_levels();
}

void Pl011::write_cr(std::uint16_t value) RT {
  const Fr before = modem_inputs(state_.cr);
  state_.cr.raw = value & Cr::writable;
  state_.ris.raw |= modem_interrupts(before, modem_inputs(state_.cr)).raw;
  transmit();  // what waits in the transmitter goes where it is connected to now
}

void Pl011::write_ifls(std::uint8_t value) RT {
  state_.ifls.raw = value & Ifls::writable;
  compare_levels();
}

void Pl011::write_icr(std::uint16_t value) RT {
  state_.ris.raw &= static_cast<std::uint16_t>(~value);
}

bool Pl011::transmitter_on() const RT {
  const std::uint16_t cr = state_.cr.raw;
  const bool clear_to_send = !Cr::ctsen::get(cr) || Fr::cts::get(modem_inputs(state_.cr).raw);
  return Cr::uarten::get(cr) && Cr::txe::get(cr) && clear_to_send;
}

bool Pl011::receiver_on() const RT {
  return Cr::uarten::get(state_.cr.raw) && Cr::rxe::get(state_.cr.raw);
}

/// 2.8.3: without FIFOs the interrupt comes when the single location is empty.
std::size_t Pl011::tx_trigger() const RT {
  return fifo_enabled() ? Ifls::levels[Ifls::txiflsel::get(state_.ifls.raw)] : 0;
}

/// 2.8.2: without FIFOs the interrupt comes when the single location is full.
std::size_t Pl011::rx_trigger() const RT {
  return fifo_enabled() ? Ifls::levels[Ifls::rxiflsel::get(state_.ifls.raw)] : 1;
}

Interrupts Pl011::raw_interrupts() const RT {
  return {Interrupts::rt::set(state_.ris.raw, !state_.rx.empty())};
}

bool Pl011::receive(std::uint8_t byte) RT {
  if (rx_room() == 0) return false;
  take(byte);
  update_irq();
  return true;
}

std::size_t Pl011::rx_room() const RT {
  return receiver_on() && !loop() ? depth() - state_.rx.size() : 0;
}

void Pl011::tx_resume() RT {
  transmit();
  update_irq();
}

void Pl011::transmit() RT {
  for (; !state_.tx.empty() && transmitter_on(); compare_levels()) {
    if (loop())
      loop_back(state_.tx.front());
    else if (!sink_.push(state_.tx.front()))
      return;
    state_.tx.pop();
  }
}

/// 3.3.2, OE: what is in the FIFO stays, the new character is lost.
void Pl011::loop_back(std::uint8_t byte) RT {
  if (receiver_on() && state_.rx.size() < depth()) return take(byte);
  ++counters_.rx_lost;
  if (!receiver_on()) return;
  state_.overrun = true;
  state_.rsr.raw = Rsr::oe::set(state_.rsr.raw, true);
  state_.ris.raw = Interrupts::oe::set(state_.ris.raw, true);
}

/// 3.3.1, OE: the first character after an overrun carries the mark.
void Pl011::take(std::uint8_t byte) RT {
  state_.rx.push(Dr::oe::set(byte, state_.overrun));
  state_.overrun = false;
  compare_levels();
}

void Pl011::clear_fifos() RT {
  counters_.rx_lost += state_.rx.size();
  state_.rx.clear();
  counters_.tx_lost += state_.tx.size();
  state_.tx.clear();
}

/// After each change of a FIFO or of a trigger level: going through a level sets or clears the
/// interrupt, staying on one side of it does nothing.
void Pl011::compare_levels() RT {
  const bool tx_low = state_.tx.size() <= tx_trigger();
  const bool rx_high = state_.rx.size() >= rx_trigger();
  if (tx_low != state_.tx_low) state_.ris.raw = Interrupts::tx::set(state_.ris.raw, tx_low);
  if (rx_high != state_.rx_high) state_.ris.raw = Interrupts::rx::set(state_.ris.raw, rx_high);
  state_.tx_low = tx_low;
  state_.rx_high = rx_high;
}

void Pl011::update_irq() RT { irq_.set((raw_interrupts().raw & state_.imsc.raw) != 0); }

}  // namespace takt
