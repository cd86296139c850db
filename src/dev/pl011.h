// SPDX-License-Identifier: Apache-2.0
// The serial port of ARM's boards: PrimeCell UART PL011 (ARM DDI 0183), revision r1p5, which has
// FIFOs of 32. A terminal that is always there is connected: CTS, DSR and DCD are on, RI is off.
//
// The registers start as firmware leaves a console, because there may be none before Linux and both
// its earlycon and its SBSA driver enable nothing: CR = 0x0301 (UARTEN, TXE, RXE), LCR_H = 0x70
// (8 bits, FIFOs on), and the divisor of 115200 baud from a UARTCLK of 24 MHz. All others have the
// manual's reset values (table 3-1).
//
// There is no bit clock. A character is out of the transmitter at once, as long as the sink takes
// it and CR lets it (UARTEN, TXE; CTS when CTSEN is set); if not, it waits in the transmit FIFO and
// FR shows BUSY. The receive timeout (2.8.4) runs out at once: RIS.RT is set while data wait to be
// read, whatever their number, and clearing it before they are read has no effect, so no character
// is ever stuck. RIS.TX and RIS.RX tell of a FIFO going through its trigger level, not of being
// beyond it (2.8.2, 2.8.3). The host side is never overrun: receive() refuses. OE occurs in
// loopback.
//
// Not modelled: baud rate, word length (characters have 8 bits whatever LCR_H says), parity,
// framing, break in both directions, IrDA, DMA; their registers only store. RTSEN, because nobody
// sees RTS; the test registers. Reading DR when there is nothing gives the last word again.
//
// A single-threaded state machine: vCPU threads and the host side come through bus/serialized.h.
#pragma once

#include <cstddef>
#include <cstdint>

#include "bus/byte_sink.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "dev/byte_fifo.h"
#include "dev/pl011_regs.h"

namespace takt {

class Pl011 : public Device {
 public:
  static constexpr std::uint64_t region_bytes = primecell::region_bytes;
  static constexpr Width widest = primecell::widest;

  /// All that the guest can see.
  struct State {
    static constexpr std::uint32_t version = 1;
    pl011::Dr dr = {};  // the word that was read last
    pl011::Rsr rsr = {};
    std::uint8_t ilpr = 0;
    std::uint16_t ibrd = 13;
    pl011::Fbrd fbrd = {1};
    pl011::LcrH lcr_h = {0x70};
    pl011::Cr cr = {0x0301};
    pl011::Ifls ifls = {};
    pl011::Interrupts imsc = {};
    pl011::Interrupts ris = {};  // without RT
    pl011::Dmacr dmacr = {};
    bool overrun = false;  // a character was lost after the last one in `rx`
    bool tx_low = true;    // `tx` is at or below its trigger level
    bool rx_high = false;  // `rx` is at or above its trigger level
    Fifo<std::uint16_t, pl011::fifo_depth> rx = {};  // as DR is read
    Fifo<std::uint8_t, pl011::fifo_depth> tx = {};   // one deep while LCR_H.FEN is 0, as is rx
  };
  struct Counters {
    std::uint64_t tx_lost = 0;  // written while full, or cleared before they were sent
    std::uint64_t rx_lost = 0;  // overrun, looped to a receiver that is off, cleared unread
  };

  Pl011(LevelIrq& irq, ByteSink& sink) : irq_{irq}, sink_{sink} {}

  [[nodiscard]] std::string_view name() const override { return "pl011"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// A character from the host's terminal. False, and nothing taken, when rx_room() is 0.
  [[nodiscard]] bool receive(std::uint8_t byte) RT;
  /// Characters that receive() takes now; 0 while the receiver is off, and in loopback, where the
  /// input pin is disconnected.
  [[nodiscard]] std::size_t rx_room() const RT;
  /// The sink has room again: sends what waits. At most 32 pushes; harmless when nothing waits.
  void tx_resume() RT;

  [[nodiscard]] const State& state() const RT { return state_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

 private:
  std::uint32_t read_register(pl011::Reg reg) RT;
  [[nodiscard]] std::uint32_t stored(pl011::Reg reg) const RT;
  void write_register(pl011::Reg reg, std::uint32_t value) RT;

  std::uint32_t read_dr() RT;
  [[nodiscard]] std::uint32_t read_fr() const RT;
  void write_dr(std::uint8_t value) RT;
  void write_lcr_h(std::uint8_t value) RT;
  void write_cr(std::uint16_t value) RT;
  void write_ifls(std::uint8_t value) RT;
  void write_icr(std::uint16_t value) RT;

  [[nodiscard]] bool loop() const RT { return pl011::Cr::lbe::get(state_.cr.raw); }
  [[nodiscard]] bool transmitter_on() const RT;
  [[nodiscard]] bool receiver_on() const RT;
  [[nodiscard]] bool fifo_enabled() const RT { return pl011::LcrH::fen::get(state_.lcr_h.raw); }
  [[nodiscard]] std::size_t depth() const RT { return fifo_enabled() ? pl011::fifo_depth : 1; }
  [[nodiscard]] std::size_t tx_trigger() const RT;
  [[nodiscard]] std::size_t rx_trigger() const RT;
  [[nodiscard]] pl011::Interrupts raw_interrupts() const RT;

  void transmit() RT;
  void loop_back(std::uint8_t byte) RT;
  void take(std::uint8_t byte) RT;
  void clear_fifos() RT;
  void compare_levels() RT;
  void update_irq() RT;

  LevelIrq& irq_;
  ByteSink& sink_;
  State state_;
  Counters counters_;
};

}  // namespace takt
