// SPDX-License-Identifier: Apache-2.0
#include "dev/uart16550.h"

#include <array>

namespace takt {

using namespace uart16550;

Uart16550::Uart16550(LevelIrq& irq, ByteSink& sink, unsigned reg_shift)
    : irq_{irq}, sink_{sink}, reg_shift_{reg_shift} {
  state_.msr.raw = terminal_ready;
}

std::optional<Reg> Uart16550::decode(std::uint64_t offset) const RT {
  const std::uint64_t index = offset >> reg_shift_;
  if (!is_aligned(offset, std::uint64_t{1} << reg_shift_) || index > 7) return std::nullopt;
  return static_cast<Reg>(index);
}

std::uint64_t Uart16550::read(Access access) RT {
  const auto reg = decode(access.offset);
  if (!reg) return 0;
  const std::uint8_t value = read_register(*reg);
  update_irq();
  return value;
}

void Uart16550::write(Access access, std::uint64_t value) RT {
  const auto reg = decode(access.offset);
  if (!reg) return;
  write_register(*reg, static_cast<std::uint8_t>(value));
  update_irq();
}

std::uint8_t Uart16550::read_register(Reg reg) RT {
  switch (reg) {
    case Reg::rbr_thr_dll: return dlab() ? state_.dll : read_rbr();
    case Reg::ier_dlm: return dlab() ? state_.dlm : state_.ier.raw;
    case Reg::iir_fcr: return read_iir();
    case Reg::lcr: return state_.lcr.raw;
    case Reg::mcr: return state_.mcr.raw;
    case Reg::lsr: return read_lsr();
    case Reg::msr: return read_msr();
    case Reg::scr: return state_.scr;
  }
  return 0;
}

void Uart16550::write_register(Reg reg, std::uint8_t value) RT {
  switch (reg) {
    case Reg::rbr_thr_dll: return dlab() ? void(state_.dll = value) : write_thr(value);
    case Reg::ier_dlm: return dlab() ? void(state_.dlm = value) : write_ier(value);
    case Reg::iir_fcr: return write_fcr(value);
    case Reg::lcr: state_.lcr.raw = value; return;
    case Reg::mcr: return write_mcr(value);
    case Reg::lsr: return;
    case Reg::msr: return;
    case Reg::scr: state_.scr = value; return;
  }
}

std::uint8_t Uart16550::read_rbr() RT {
  if (!state_.rx.empty()) state_.rbr = state_.rx.front();
  state_.rx.pop();
  return state_.rbr;
}

std::uint8_t Uart16550::read_iir() RT {
  const Iir::Id id = pending_interrupt();
  if (id == Iir::Id::thr_empty) state_.thr_pending = false;  // table IV: only when it is reported
  if (id == Iir::Id::none) state_.sent = 0;
  return Iir::id::set(Iir::fifos_enabled::set(0, fifo_enabled() ? 3 : 0), id);
}

std::uint8_t Uart16550::read_lsr() RT {
  Lsr lsr;
  lsr.raw = Lsr::temt::set(lsr.raw, state_.tx.empty());
  lsr.raw = Lsr::thre::set(lsr.raw, state_.tx.empty());
  lsr.raw = Lsr::oe::set(lsr.raw, state_.oe);
  lsr.raw = Lsr::dr::set(lsr.raw, !state_.rx.empty());
  state_.oe = false;
  return lsr.raw;
}

std::uint8_t Uart16550::read_msr() RT {
  const std::uint8_t msr = state_.msr.raw;
  state_.msr.raw = Msr::deltas::set(msr, 0);
  return msr;
}

void Uart16550::write_thr(std::uint8_t value) RT {
  state_.thr_pending = false;
  update_irq();  // the line falls before it rises again: an edge-triggered input needs that
  if (state_.tx.size() == depth()) {
    ++counters_.tx_lost;
    return;
  }
  state_.tx.push(value);
  transmit();
}

void Uart16550::write_ier(std::uint8_t value) RT {
  const bool was_enabled = Ier::etbei::get(state_.ier.raw);
  state_.ier.raw = value & Ier::writable;
  if (was_enabled || !Ier::etbei::get(value)) return;
  state_.sent = 0;
  if (state_.tx.empty()) state_.thr_pending = true;
}

void Uart16550::write_fcr(std::uint8_t value) RT {
  const bool enable = Fcr::fifo_enable::get(value);
  const bool changed = enable != fifo_enabled();  // 8.5: a change of the mode clears both FIFOs
  if (changed || (enable && Fcr::rcvr_fifo_reset::get(value))) clear_rcvr();
  if (changed || (enable && Fcr::xmit_fifo_reset::get(value))) clear_xmit();
  state_.fcr.raw = enable ? value & Fcr::kept : 0;  // 8.5: the others are taken only with bit 0
}

void Uart16550::write_mcr(std::uint8_t value) RT {
  state_.mcr.raw = value & Mcr::writable;
  update_modem_lines();
  transmit();  // what waits in the transmitter goes where it is connected to now
}

bool Uart16550::fifo_enabled() const RT { return Fcr::fifo_enable::get(state_.fcr.raw); }

std::size_t Uart16550::rcvr_trigger() const RT {
  static constexpr std::array<std::size_t, 4> levels{1, 4, 8, 14};
  return fifo_enabled() ? levels[Fcr::rcvr_trigger::get(state_.fcr.raw)] : 1;
}

/// Table IV, highest priority first.
Iir::Id Uart16550::pending_interrupt() const RT {
  const std::uint8_t ier = state_.ier.raw;
  if (Ier::elsi::get(ier) && state_.oe) return Iir::Id::line_status;
  if (Ier::erbfi::get(ier) && !state_.rx.empty())
    return state_.rx.size() >= rcvr_trigger() ? Iir::Id::rx_data : Iir::Id::char_timeout;
  if (Ier::etbei::get(ier) && state_.thr_pending && !pauses()) return Iir::Id::thr_empty;
  if (Ier::edssi::get(ier) && Msr::deltas::get(state_.msr.raw) != 0) return Iir::Id::modem_status;
  return Iir::Id::none;
}

bool Uart16550::receive(std::uint8_t byte) RT {
  if (rx_room() == 0) return false;
  state_.rx.push(byte);
  update_irq();
  return true;
}

std::size_t Uart16550::rx_room() const RT { return loop() ? 0 : depth() - state_.rx.size(); }

void Uart16550::tx_resume() RT {
  state_.sent = 0;
  transmit();
  update_irq();
}

void Uart16550::transmit() RT {
  if (state_.tx.empty()) return;
  for (; !state_.tx.empty(); state_.tx.pop()) {
    if (loop())
      loop_back(state_.tx.front());
    else if (!sink_.push(state_.tx.front()))
      return;
    if (!pauses()) ++state_.sent;
  }
  state_.thr_pending = true;
}

/// 8.4, OE: without FIFO the new character destroys the old one, with FIFO it is lost itself.
void Uart16550::loop_back(std::uint8_t byte) RT {
  if (state_.rx.size() == depth()) {
    state_.oe = true;
    ++counters_.rx_lost;
    if (fifo_enabled()) return;
    state_.rx.pop();
  }
  state_.rx.push(byte);
}

void Uart16550::clear_rcvr() RT {
  counters_.rx_lost += state_.rx.size();
  state_.rx.clear();
}

void Uart16550::clear_xmit() RT {
  if (!state_.tx.empty()) state_.thr_pending = true;
  counters_.tx_lost += state_.tx.size();
  state_.tx.clear();
}

void Uart16550::update_modem_lines() RT {
  const std::uint8_t before = state_.msr.raw;
  const std::uint8_t now = loop() ? looped_lines(state_.mcr) : terminal_ready;
  state_.msr.raw =
      static_cast<std::uint8_t>(now | Msr::deltas::get(before) | line_deltas(before, now));
}

void Uart16550::update_irq() RT {
  const bool gate_open = Mcr::out2::get(state_.mcr.raw) && !loop();
  irq_.set(gate_open && pending_interrupt() != Iir::Id::none);
}

}  // namespace takt
