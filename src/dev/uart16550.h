// SPDX-License-Identifier: Apache-2.0
// The PC's serial port: UART of the PC16550D data sheet (National Semiconductor, June 1995), with
// the wiring of the IBM PC: the OUT2 output opens the gate of the interrupt line, so in loopback
// mode, where the data sheet (8.8) forces OUT2 inactive, no interrupt leaves the chip. A terminal
// that is always there is connected: CTS, DSR and DCD are on, RI is off.
//
// There is no bit clock. A character is out of the transmitter at once, as long as the sink takes
// it; if not, it waits in THR or the XMIT FIFO. LSR says so at once. The THR-empty interrupt pauses
// after a FIFO's worth of characters until IIR has said once that there is none, so that a handler
// which goes on as long as there is one, as Linux's does with its softirqs off, ends as often as it
// would on a line that takes its time. For a driver that does not look again, tx_resume() ends the
// pause.
//
// The character timeout (8.11) runs out at once: data below the RCVR trigger level are reported as
// IIR id 0xc as soon as they are there, so that no character is ever stuck. The host side is never
// overrun: receive() refuses. OE occurs in loopback.
//
// Not modelled: baud rate, word length (characters have 8 bits whatever LCR says), parity, framing,
// break in both directions, the DMA pins RXRDY and TXRDY; LCR, DLL and DLM only store these.
//
// A single-threaded state machine: vCPU threads and the host side come through bus/serialized.h.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "bus/byte_sink.h"
#include "bus/device.h"
#include "bus/irq.h"
#include "dev/byte_fifo.h"
#include "dev/uart16550_regs.h"

namespace takt {

class Uart16550 : public Device {
 public:
  static constexpr std::uint64_t region_bytes = 8;  // << reg_shift
  static constexpr Width widest = Width::b1;        // with reg_shift = 0

  /// All that the guest can see, as it is after master reset (data sheet table III).
  struct State {
    static constexpr std::uint32_t version = 1;
    uart16550::Ier ier = {};
    uart16550::Fcr fcr = {};
    uart16550::Lcr lcr = {};
    uart16550::Mcr mcr = {};
    uart16550::Msr msr = {};
    std::uint8_t scr = 0;
    std::uint8_t dll = 0;
    std::uint8_t dlm = 0;
    std::uint8_t rbr = 0;      // the character that was read last
    bool oe = false;           // LSR.OE
    bool thr_pending = false;  // the THR-empty interrupt waits to be reported or masked
    std::uint8_t sent = 0;     // characters since the last pause; no more than a FIFO's
    ByteFifo rx = {};          // one deep while FCR.fifo_enable is 0, as is tx
    ByteFifo tx = {};
  };
  struct Counters {
    std::uint64_t tx_lost = 0;  // written while full, or cleared before they were sent
    std::uint64_t rx_lost = 0;  // overrun, or cleared before they were read
  };

  /// Register n is at offset n << reg_shift; the bytes between are not there.
  Uart16550(LevelIrq& irq, ByteSink& sink, unsigned reg_shift = 0);

  [[nodiscard]] std::string_view name() const override { return "uart16550"; }
  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  /// A character from the host's terminal. False, and nothing taken, when rx_room() is 0.
  [[nodiscard]] bool receive(std::uint8_t byte) RT;
  /// Characters that receive() takes now; 0 in loopback, where the input pin is disconnected.
  [[nodiscard]] std::size_t rx_room() const RT;
  /// The sink's owner has taken what was in it: sends what waits. To be called in the end after
  /// each push. At most 16 pushes; harmless when nothing waits.
  void tx_resume() RT;

  [[nodiscard]] const State& state() const RT { return state_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

 private:
  [[nodiscard]] std::optional<uart16550::Reg> decode(std::uint64_t offset) const RT;
  std::uint8_t read_register(uart16550::Reg reg) RT;
  void write_register(uart16550::Reg reg, std::uint8_t value) RT;

  std::uint8_t read_rbr() RT;
  std::uint8_t read_iir() RT;
  std::uint8_t read_lsr() RT;
  std::uint8_t read_msr() RT;
  void write_thr(std::uint8_t value) RT;
  void write_ier(std::uint8_t value) RT;
  void write_fcr(std::uint8_t value) RT;
  void write_mcr(std::uint8_t value) RT;

  [[nodiscard]] bool dlab() const RT { return uart16550::Lcr::dlab::get(state_.lcr.raw); }
  [[nodiscard]] bool loop() const RT { return uart16550::Mcr::loop::get(state_.mcr.raw); }
  [[nodiscard]] bool fifo_enabled() const RT;
  [[nodiscard]] std::size_t depth() const RT { return fifo_enabled() ? ByteFifo::capacity : 1; }
  [[nodiscard]] std::size_t rcvr_trigger() const RT;
  [[nodiscard]] uart16550::Iir::Id pending_interrupt() const RT;

  [[nodiscard]] bool pauses() const RT { return state_.sent == ByteFifo::capacity; }
  void transmit() RT;
  void loop_back(std::uint8_t byte) RT;
  void clear_rcvr() RT;
  void clear_xmit() RT;
  void update_modem_lines() RT;
  void update_irq() RT;

  LevelIrq& irq_;
  ByteSink& sink_;
  const unsigned reg_shift_;
  State state_;
  Counters counters_;
};

}  // namespace takt
