// SPDX-License-Identifier: Apache-2.0
// Registers of the PC16550D, National Semiconductor data sheet of June 1995, section 8
// ("Registers") and its tables II to IV. Each register is a type of its own; bits are in the
// manual's order.
#pragma once

#include <cstdint>

#include "base/bits.h"

namespace takt::uart16550 {

/// Table II, register addresses A2..A0.
enum class Reg : std::uint8_t {
  rbr_thr_dll = 0,  // RBR on read, THR on write; DLL when LCR.DLAB is set
  ier_dlm = 1,      // DLM when LCR.DLAB is set
  iir_fcr = 2,      // IIR on read, FCR on write
  lcr = 3,
  mcr = 4,
  lsr = 5,
  msr = 6,
  scr = 7,
};

template <unsigned Bit>
using Flag = Field<Bit, Bit, std::uint8_t, bool>;

/// 8.7 Interrupt Enable Register.
struct Ier {
  static constexpr std::uint8_t writable = 0x0f;
  using edssi = Flag<3>;  // modem status
  using elsi = Flag<2>;   // receiver line status
  using etbei = Flag<1>;  // transmitter holding register empty
  using erbfi = Flag<0>;  // received data available, character timeout
  std::uint8_t raw = 0;
};

/// 8.6 Interrupt Identification Register, read only.
struct Iir {
  enum class Id : std::uint8_t {  // table IV, highest priority first
    line_status = 0x6,
    rx_data = 0x4,
    char_timeout = 0xc,
    thr_empty = 0x2,
    modem_status = 0x0,
    none = 0x1,
  };
  using fifos_enabled = Field<7, 6, std::uint8_t>;
  using id = Field<3, 0, std::uint8_t, Id>;
  std::uint8_t raw = 0;
};

/// 8.5 FIFO Control Register, write only.
struct Fcr {
  static constexpr std::uint8_t kept = 0xc9;  // the reset bits clear themselves
  using rcvr_trigger = Field<7, 6, std::uint8_t>;
  using dma_mode = Flag<3>;
  using xmit_fifo_reset = Flag<2>;
  using rcvr_fifo_reset = Flag<1>;
  using fifo_enable = Flag<0>;
  std::uint8_t raw = 0;
};

/// 8.1 Line Control Register.
struct Lcr {
  using dlab = Flag<7>;
  using set_break = Flag<6>;
  using stick_parity = Flag<5>;
  using eps = Flag<4>;
  using pen = Flag<3>;
  using stb = Flag<2>;
  using wls = Field<1, 0, std::uint8_t>;
  std::uint8_t raw = 0;
};

/// 8.8 Modem Control Register.
struct Mcr {
  static constexpr std::uint8_t writable = 0x1f;
  using loop = Flag<4>;
  using out2 = Flag<3>;
  using out1 = Flag<2>;
  using rts = Flag<1>;
  using dtr = Flag<0>;
  std::uint8_t raw = 0;
};

/// 8.4 Line Status Register, read only here (the data sheet keeps writes for factory tests).
struct Lsr {
  using fifo_error = Flag<7>;
  using temt = Flag<6>;
  using thre = Flag<5>;
  using bi = Flag<4>;
  using fe = Flag<3>;
  using pe = Flag<2>;
  using oe = Flag<1>;
  using dr = Flag<0>;
  std::uint8_t raw = 0;
};

/// 8.9 Modem Status Register. The low half tells what changed since it was read.
struct Msr {
  using dcd = Flag<7>;
  using ri = Flag<6>;
  using dsr = Flag<5>;
  using cts = Flag<4>;
  using ddcd = Flag<3>;
  using teri = Flag<2>;
  using ddsr = Flag<1>;
  using dcts = Flag<0>;
  using lines = Field<7, 4, std::uint8_t>;
  using deltas = Field<3, 0, std::uint8_t>;
  std::uint8_t raw = 0;
};

/// MSR bits 7..4 for a terminal that is connected and ready.
inline constexpr std::uint8_t terminal_ready = Msr::dcd::mask | Msr::dsr::mask | Msr::cts::mask;

/// 8.8: in loopback the modem inputs are the modem outputs.
constexpr std::uint8_t looped_lines(Mcr mcr) {
  std::uint8_t msr = 0;
  msr = Msr::dcd::set(msr, Mcr::out2::get(mcr.raw));
  msr = Msr::ri::set(msr, Mcr::out1::get(mcr.raw));
  msr = Msr::dsr::set(msr, Mcr::dtr::get(mcr.raw));
  return Msr::cts::set(msr, Mcr::rts::get(mcr.raw));
}

/// 8.9: DCTS, DDSR and DDCD tell of any change, TERI of the end of a ring only.
constexpr std::uint8_t line_deltas(std::uint8_t before, std::uint8_t after) {
  const auto changed = static_cast<std::uint8_t>(before ^ after);
  std::uint8_t msr = 0;
  msr = Msr::ddcd::set(msr, Msr::dcd::get(changed));
  msr = Msr::teri::set(msr, Msr::ri::get(before) && !Msr::ri::get(after));
  msr = Msr::ddsr::set(msr, Msr::dsr::get(changed));
  return Msr::dcts::set(msr, Msr::cts::get(changed));
}

static_assert(looped_lines({Mcr::loop::mask | Mcr::out2::mask | Mcr::rts::mask}) == 0x90);

static_assert(sizeof(Ier) == 1 && sizeof(Iir) == 1 && sizeof(Fcr) == 1 && sizeof(Lcr) == 1);
static_assert(sizeof(Mcr) == 1 && sizeof(Lsr) == 1 && sizeof(Msr) == 1);
static_assert(Fcr::kept ==
              (Fcr::rcvr_trigger::mask | Fcr::dma_mode::mask | Fcr::fifo_enable::mask));

}  // namespace takt::uart16550
