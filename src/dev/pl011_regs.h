// SPDX-License-Identifier: Apache-2.0
// Registers of the PrimeCell UART PL011, revision r1p5: ARM DDI 0183, chapter 3. Each register is
// a type of its own; bits are in the manual's order.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bits.h"
#include "dev/primecell.h"

namespace takt::pl011 {

/// Table 3-1, offsets. The test registers at 0x080 to 0x08c are not there.
enum class Reg : std::uint16_t {
  dr = 0x000,
  rsr_ecr = 0x004,  // RSR on read, ECR on write
  fr = 0x018,
  ilpr = 0x020,
  ibrd = 0x024,
  fbrd = 0x028,
  lcr_h = 0x02c,
  cr = 0x030,
  ifls = 0x034,
  imsc = 0x038,
  ris = 0x03c,
  mis = 0x040,
  icr = 0x044,
  dmacr = 0x048,
};

/// 3.3.15: r1p5 is revision 3. Linux takes the FIFOs for 32 deep from that revision on.
inline constexpr primecell::PeriphId periph_id = primecell::arm_part(0x011, 3);
inline constexpr std::size_t fifo_depth = 32;

template <unsigned Bit, class Raw>
using Flag = Field<Bit, Bit, Raw, bool>;

/// 3.3.1 Data Register, as it is read.
struct Dr {
  using oe = Flag<11, std::uint16_t>;
  using be = Flag<10, std::uint16_t>;
  using pe = Flag<9, std::uint16_t>;
  using fe = Flag<8, std::uint16_t>;
  using data = Field<7, 0, std::uint16_t>;
  std::uint16_t raw = 0;
};

/// 3.3.2 Receive Status Register; a write to it is the Error Clear Register.
struct Rsr {
  using oe = Flag<3, std::uint8_t>;
  using be = Flag<2, std::uint8_t>;
  using pe = Flag<1, std::uint8_t>;
  using fe = Flag<0, std::uint8_t>;
  std::uint8_t raw = 0;
};

/// 3.3.3 Flag Register, read only.
struct Fr {
  using ri = Flag<8, std::uint16_t>;
  using txfe = Flag<7, std::uint16_t>;
  using rxff = Flag<6, std::uint16_t>;
  using txff = Flag<5, std::uint16_t>;
  using rxfe = Flag<4, std::uint16_t>;
  using busy = Flag<3, std::uint16_t>;
  using dcd = Flag<2, std::uint16_t>;
  using dsr = Flag<1, std::uint16_t>;
  using cts = Flag<0, std::uint16_t>;
  std::uint16_t raw = 0;
};

/// 3.3.6 Fractional Baud Rate Register.
struct Fbrd {
  static constexpr std::uint8_t writable = 0x3f;
  std::uint8_t raw = 0;
};

/// 3.3.7 Line Control Register.
struct LcrH {
  using sps = Flag<7, std::uint8_t>;
  using wlen = Field<6, 5, std::uint8_t>;
  using fen = Flag<4, std::uint8_t>;
  using stp2 = Flag<3, std::uint8_t>;
  using eps = Flag<2, std::uint8_t>;
  using pen = Flag<1, std::uint8_t>;
  using brk = Flag<0, std::uint8_t>;
  std::uint8_t raw = 0;
};

/// 3.3.8 Control Register.
struct Cr {
  static constexpr std::uint16_t writable = 0xff87;
  using ctsen = Flag<15, std::uint16_t>;
  using rtsen = Flag<14, std::uint16_t>;
  using out2 = Flag<13, std::uint16_t>;
  using out1 = Flag<12, std::uint16_t>;
  using rts = Flag<11, std::uint16_t>;
  using dtr = Flag<10, std::uint16_t>;
  using rxe = Flag<9, std::uint16_t>;
  using txe = Flag<8, std::uint16_t>;
  using lbe = Flag<7, std::uint16_t>;
  using sirlp = Flag<2, std::uint16_t>;
  using siren = Flag<1, std::uint16_t>;
  using uarten = Flag<0, std::uint16_t>;
  std::uint16_t raw = 0;
};

/// 3.3.9 Interrupt FIFO Level Select Register.
struct Ifls {
  static constexpr std::uint8_t writable = 0x3f;
  using rxiflsel = Field<5, 3, std::uint8_t>;
  using txiflsel = Field<2, 0, std::uint8_t>;
  /// 1/8, 1/4, 1/2, 3/4 and 7/8 of the FIFO; the reserved values are taken as the last.
  static constexpr std::array<std::size_t, 8> levels{4, 8, 16, 24, 28, 28, 28, 28};
  std::uint8_t raw = 0x12;
};

/// 3.3.10 to 3.3.13: IMSC, RIS, MIS and ICR have the same bits.
struct Interrupts {
  static constexpr std::uint16_t all = 0x7ff;
  using oe = Flag<10, std::uint16_t>;
  using be = Flag<9, std::uint16_t>;
  using pe = Flag<8, std::uint16_t>;
  using fe = Flag<7, std::uint16_t>;
  using rt = Flag<6, std::uint16_t>;
  using tx = Flag<5, std::uint16_t>;
  using rx = Flag<4, std::uint16_t>;
  using dsr = Flag<3, std::uint16_t>;
  using dcd = Flag<2, std::uint16_t>;
  using cts = Flag<1, std::uint16_t>;
  using ri = Flag<0, std::uint16_t>;
  std::uint16_t raw = 0;
};

/// 3.3.14 DMA Control Register.
struct Dmacr {
  static constexpr std::uint8_t writable = 0x07;
  std::uint8_t raw = 0;
};

/// The modem inputs, as bits of FR: those of a terminal that is connected and ready, or in
/// loopback the modem outputs (3.3.8, LBE): RTS at CTS, DTR at DSR, Out1 at DCD, Out2 at RI.
constexpr Fr modem_inputs(Cr cr) {
  if (!Cr::lbe::get(cr.raw)) return {Fr::dcd::mask | Fr::dsr::mask | Fr::cts::mask};
  Fr fr;
  fr.raw = Fr::ri::set(fr.raw, Cr::out2::get(cr.raw));
  fr.raw = Fr::dcd::set(fr.raw, Cr::out1::get(cr.raw));
  fr.raw = Fr::dsr::set(fr.raw, Cr::dtr::get(cr.raw));
  fr.raw = Fr::cts::set(fr.raw, Cr::rts::get(cr.raw));
  return fr;
}

/// 2.8.1: each change of a modem input is an interrupt.
constexpr Interrupts modem_interrupts(Fr before, Fr after) {
  const auto changed = static_cast<std::uint16_t>(before.raw ^ after.raw);
  Interrupts i;
  i.raw = Interrupts::dsr::set(i.raw, Fr::dsr::get(changed));
  i.raw = Interrupts::dcd::set(i.raw, Fr::dcd::get(changed));
  i.raw = Interrupts::cts::set(i.raw, Fr::cts::get(changed));
  i.raw = Interrupts::ri::set(i.raw, Fr::ri::get(changed));
  return i;
}

static_assert(modem_inputs({Cr::lbe::mask | Cr::out2::mask | Cr::rts::mask}).raw == 0x101);
static_assert(modem_interrupts({0x007}, {0x100}).raw == 0x00f);
static_assert(Ifls::levels[4] == fifo_depth * 7 / 8);
static_assert(Cr::writable == static_cast<std::uint16_t>(~0x78u));

}  // namespace takt::pl011
