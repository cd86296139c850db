// SPDX-License-Identifier: Apache-2.0
// Registers of the 82540EM: "PCI/PCI-X Family of Gigabit Ethernet Controllers Software Developer's
// Manual" (Intel 317453, revision 4.0), chapter 13. Offsets, names, reset values and what the guest
// may write stand in one table in the manual's order; the registers with an effect of their own are
// types with their bits below it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/bits.h"

namespace takt::e1000 {

/// Offsets in the memory BAR, table 13-2.
// clang-format off
enum class Reg : std::uint32_t {
  CTRL = 0x0000, CTRL_DUP = 0x0004, STATUS = 0x0008, EECD = 0x0010, EERD = 0x0014,
  CTRL_EXT = 0x0018, MDIC = 0x0020, FCAL = 0x0028, FCAH = 0x002c, FCT = 0x0030, VET = 0x0038,
  ICR = 0x00c0, ITR = 0x00c4, ICS = 0x00c8, IMS = 0x00d0, IMC = 0x00d8, RCTL = 0x0100,
  FCTTV = 0x0170, TXCW = 0x0178, RXCW = 0x0180, TCTL = 0x0400, TIPG = 0x0410, AIT = 0x0458,
  LEDCTL = 0x0e00, PBA = 0x1000, FCRTL = 0x2160, FCRTH = 0x2168, RDFH = 0x2410, RDFT = 0x2418,
  RDFHS = 0x2420, RDFTS = 0x2428, RDFPC = 0x2430, RDBAL = 0x2800, RDBAH = 0x2804, RDLEN = 0x2808,
  RDH = 0x2810, RDT = 0x2818, RDTR = 0x2820, RXDCTL = 0x2828, RADV = 0x282c, RSRPD = 0x2c00,
  TXDMAC = 0x3000, TDFH = 0x3410, TDFT = 0x3418, TDFHS = 0x3420, TDFTS = 0x3428, TDFPC = 0x3430,
  TDBAL = 0x3800, TDBAH = 0x3804, TDLEN = 0x3808, TDH = 0x3810, TDT = 0x3818, TIDV = 0x3820,
  TXDCTL = 0x3828, TADV = 0x382c, TSPMT = 0x3830, CRCERRS = 0x4000, MPC = 0x4010, RLEC = 0x4040,
  XONRXC = 0x4048, XOFFRXC = 0x4050, FCRUC = 0x4058, PRC64 = 0x405c, PRC127 = 0x4060,
  PRC255 = 0x4064, PRC511 = 0x4068, PRC1023 = 0x406c, PRC1522 = 0x4070, GPRC = 0x4074,
  BPRC = 0x4078, MPRC = 0x407c, GPTC = 0x4080, GORCL = 0x4088, GORCH = 0x408c, GOTCL = 0x4090,
  GOTCH = 0x4094, RNBC = 0x40a0, ROC = 0x40ac, TORL = 0x40c0, TORH = 0x40c4, TOTL = 0x40c8,
  TOTH = 0x40cc, TPR = 0x40d0, TPT = 0x40d4, PTC64 = 0x40d8, PTC127 = 0x40dc, PTC255 = 0x40e0,
  PTC511 = 0x40e4, PTC1023 = 0x40e8, PTC1522 = 0x40ec, MPTC = 0x40f0, BPTC = 0x40f4,
  TSCTC = 0x40f8, TSCTFC = 0x40fc, RXCSUM = 0x5000, MTA = 0x5200, RAL = 0x5400, RAH = 0x5404,
  VFTA = 0x5600, WUC = 0x5800, WUFC = 0x5808, WUS = 0x5810, MANC = 0x5820, IPAV = 0x5838,
  IP4AT = 0x5840, IP6AT = 0x5880, WUPL = 0x5900, WUPM = 0x5a00, FFLT = 0x5f00,
};
// clang-format on

/// All registers lie below; what is above in the BAR reads zero.
inline constexpr std::uint32_t register_bytes = 0x6000;
inline constexpr std::uint32_t statistics_first = 0x4000;
inline constexpr std::uint32_t statistics_last = 0x40ff;

/// Index of a register among the words of the state.
[[nodiscard]] constexpr std::size_t word(Reg reg, std::size_t n = 0) {
  return static_cast<std::size_t>(reg) / 4 + n;
}

/// `count` registers in a row of 32 bits each. Reserved bits are not writable and read as reset.
struct Row {
  Reg reg;
  std::string_view name;
  std::uint32_t reset = 0;
  std::uint32_t writable = 0;
  std::uint32_t count = 1;
};

// STATUS, ICR, ICS, IMS and IMC are not kept here: vCPUs touch them beside the server. The offsets
// of the statistics (13.7) read zero where no row names them.
inline constexpr auto table = std::to_array<Row>({
    {Reg::CTRL, "CTRL", 0x0000'0209, 0xfbff'1bf9},
    {Reg::CTRL_DUP, "CTRL_DUP"},  // is CTRL
    {Reg::EECD, "EECD", 0x0000'0110, 0x0000'0077},
    {Reg::EERD, "EERD", 0, 0x0000'ff01},
    {Reg::CTRL_EXT, "CTRL_EXT", 0, 0x00d0'fffc},
    {Reg::MDIC, "MDIC", 0x1000'0000, 0x2fff'ffff},
    {Reg::FCAL, "FCAL", 0, 0xffff'ffff},
    {Reg::FCAH, "FCAH", 0, 0x0000'ffff},
    {Reg::FCT, "FCT", 0, 0x0000'ffff},
    {Reg::VET, "VET", 0x0000'8100, 0x0000'ffff},
    {Reg::ITR, "ITR", 0, 0x0000'ffff},
    {Reg::RCTL, "RCTL", 0, 0x06df'b3fe},
    {Reg::FCTTV, "FCTTV", 0, 0x0000'ffff},
    {Reg::TXCW, "TXCW", 0, 0xc000'ffff},  // TBI: not on this part; keeps what is written
    {Reg::RXCW, "RXCW"},
    {Reg::TCTL, "TCTL", 0, 0x037f'fffa},
    {Reg::TIPG, "TIPG", 0x0060'2008, 0x3fff'ffff},
    {Reg::AIT, "AIT", 0, 0x0000'ffff},
    {Reg::LEDCTL, "LEDCTL", 0x0706'8302, 0xcfcf'cfcf},
    {Reg::PBA, "PBA", 0x0010'0030, 0x0000'007f},
    {Reg::FCRTL, "FCRTL", 0, 0x8000'fff8},
    {Reg::FCRTH, "FCRTH", 0, 0x0000'fff8},
    {Reg::RDFH, "RDFH", 0, 0x0000'1fff},
    {Reg::RDFT, "RDFT", 0, 0x0000'1fff},
    {Reg::RDFHS, "RDFHS", 0, 0x0000'1fff},
    {Reg::RDFTS, "RDFTS", 0, 0x0000'1fff},
    {Reg::RDFPC, "RDFPC", 0, 0x0000'1fff},
    {Reg::RDBAL, "RDBAL", 0, 0xffff'fff0},
    {Reg::RDBAH, "RDBAH", 0, 0xffff'ffff},
    {Reg::RDLEN, "RDLEN", 0, 0x000f'ff80},
    {Reg::RDH, "RDH", 0, 0x0000'ffff},
    {Reg::RDT, "RDT", 0, 0x0000'ffff},
    {Reg::RDTR, "RDTR", 0, 0x0000'ffff},
    {Reg::RXDCTL, "RXDCTL", 0x0101'0000, 0x013f'3f3f},
    {Reg::RADV, "RADV", 0, 0x0000'ffff},
    {Reg::RSRPD, "RSRPD", 0, 0x0000'0fff},
    {Reg::TXDMAC, "TXDMAC", 0, 0x0000'0001},
    {Reg::TDFH, "TDFH", 0x0000'1800, 0x0000'1fff},
    {Reg::TDFT, "TDFT", 0x0000'1800, 0x0000'1fff},
    {Reg::TDFHS, "TDFHS", 0x0000'1800, 0x0000'1fff},
    {Reg::TDFTS, "TDFTS", 0x0000'1800, 0x0000'1fff},
    {Reg::TDFPC, "TDFPC", 0, 0x0000'1fff},
    {Reg::TDBAL, "TDBAL", 0, 0xffff'fff0},
    {Reg::TDBAH, "TDBAH", 0, 0xffff'ffff},
    {Reg::TDLEN, "TDLEN", 0, 0x000f'ff80},
    {Reg::TDH, "TDH", 0, 0x0000'ffff},
    {Reg::TDT, "TDT", 0, 0x0000'ffff},
    {Reg::TIDV, "TIDV", 0, 0x0000'ffff},
    {Reg::TXDCTL, "TXDCTL", 0, 0xff3f'3f3f},
    {Reg::TADV, "TADV", 0, 0x0000'ffff},
    {Reg::TSPMT, "TSPMT", 0x0100'0400, 0xffff'ffff},
    {Reg::RXCSUM, "RXCSUM", 0, 0x0000'07ff},
    {Reg::MTA, "MTA", 0, 0xffff'ffff, 128},
    {Reg::RAL, "RAL/RAH", 0, 0xffff'ffff, 32},  // pairs; RAH has a mask of its own
    {Reg::VFTA, "VFTA", 0, 0xffff'ffff, 128},
    {Reg::WUC, "WUC", 0, 0x0000'000f},
    {Reg::WUFC, "WUFC", 0, 0x000f'80ff},
    {Reg::WUS, "WUS"},
    {Reg::MANC, "MANC", 0, 0x3fff'ffff},
    {Reg::IPAV, "IPAV", 0, 0x0001'000f},
    {Reg::IP4AT, "IP4AT", 0, 0xffff'ffff, 8},
    {Reg::IP6AT, "IP6AT", 0, 0xffff'ffff, 4},
    {Reg::WUPL, "WUPL"},
    {Reg::WUPM, "WUPM", 0, 0xffff'ffff, 32},
    {Reg::FFLT, "FFLT", 0, 0x0000'07ff, 8},
});

using Words = std::array<std::uint32_t, register_bytes / 4>;

[[nodiscard]] consteval Words words_of(std::uint32_t Row::* value) {
  Words words{};
  for (const Row& row : table)
    for (std::uint32_t n = 0; n < row.count; ++n) words[word(row.reg, n)] = row.*value;
  return words;
}
inline constexpr Words reset_words = words_of(&Row::reset);
inline constexpr Words writable_words = [] consteval {
  Words words = words_of(&Row::writable);
  for (std::size_t n = 0; n < 16; ++n) words[word(Reg::RAH, 2 * n)] = 0x8003'ffff;
  return words;
}();

template <unsigned Bit>
using Flag = Field<Bit, Bit, std::uint32_t, bool>;
template <unsigned High, unsigned Low>
using Bits = Field<High, Low, std::uint32_t>;

/// 13.4.1
struct Ctrl {
  using phy_rst = Flag<31>;
  using vme = Flag<30>;
  using tfce = Flag<28>;
  using rfce = Flag<27>;
  using rst = Flag<26>;
  using slu = Flag<6>;
};

/// 13.4.2
struct Status {
  static constexpr std::uint32_t link_down = 0x0000'0281;  // full duplex, 1000 Mb/s
  using lu = Flag<1>;
};

/// 13.4.3
struct Eecd {
  using pres = Flag<8>;
  using gnt = Flag<7>;
  using req = Flag<6>;
  using data_out = Flag<3>;  // EE_DO
  using data_in = Flag<2>;   // EE_DI
  using cs = Flag<1>;
  using sk = Flag<0>;
};

/// 13.4.4
struct Eerd {
  using data = Bits<31, 16>;
  using addr = Bits<15, 8>;
  using done = Flag<4>;
  using start = Flag<0>;
};

/// 13.4.6
struct Mdic {
  enum class Op : std::uint8_t { none = 0, write = 1, read = 2 };
  using error = Flag<30>;
  using interrupt = Flag<29>;
  using ready = Flag<28>;
  using op = Field<27, 26, std::uint32_t, Op>;
  using phyadd = Bits<25, 21>;
  using regadd = Bits<20, 16>;
  using data = Bits<15, 0>;
};

/// 13.4.17: the causes; ICS, IMS and IMC have the same bits.
struct Cause {
  static constexpr std::uint32_t txdw = 1u << 0;
  static constexpr std::uint32_t txqe = 1u << 1;
  static constexpr std::uint32_t lsc = 1u << 2;
  static constexpr std::uint32_t rxdmt0 = 1u << 4;
  static constexpr std::uint32_t rxo = 1u << 6;
  static constexpr std::uint32_t rxt0 = 1u << 7;
  static constexpr std::uint32_t mdac = 1u << 9;
  static constexpr std::uint32_t txd_low = 1u << 15;
  static constexpr std::uint32_t srpd = 1u << 16;
  static constexpr std::uint32_t all = 0x0001'ffff;  // reserved ones can be set by ICS
};

/// 13.4.22
struct Rctl {
  using secrc = Flag<26>;
  using bsex = Flag<25>;
  using pmcf = Flag<23>;
  using dpf = Flag<22>;
  using cfi = Flag<20>;
  using cfien = Flag<19>;
  using vfe = Flag<18>;
  using bsize = Bits<17, 16>;
  using bam = Flag<15>;
  using mo = Bits<13, 12>;
  using rdmts = Bits<9, 8>;
  using lbm = Bits<7, 6>;
  using lpe = Flag<5>;
  using mpe = Flag<4>;
  using upe = Flag<3>;
  using sbp = Flag<2>;
  using en = Flag<1>;

  /// Bytes of a receive buffer; the reserved code (BSEX with 00) is taken as without BSEX.
  [[nodiscard]] static constexpr std::uint32_t buffer_bytes(std::uint32_t raw) {
    const std::uint32_t plain = 2048u >> bsize::get(raw);
    return bsex::get(raw) && bsize::get(raw) != 0 ? plain * 16 : plain;
  }
};
static_assert(Rctl::buffer_bytes(0) == 2048 && Rctl::buffer_bytes(3u << 16) == 256);
static_assert(Rctl::buffer_bytes(1u << 25 | 1u << 16) == 16384);

/// 13.4.30
struct Rdtr {
  using fpd = Flag<31>;
};

/// 13.4.33
struct Tctl {
  using psp = Flag<3>;
  using en = Flag<1>;
};

/// 13.4.42
struct Txdctl {
  using lwthresh = Bits<31, 25>;
};

/// Receive Checksum Control
struct Rxcsum {
  using ipv6ofl = Flag<10>;
  using tuofl = Flag<9>;
  using ipofl = Flag<8>;
  using pcss = Bits<7, 0>;
};

/// 13.5.3
struct Rah {
  using av = Flag<31>;
  using as = Bits<17, 16>;  // 0: destination, 1: source address
  using high = Bits<15, 0>;
};

/// The timers' units, 13.4.18 and 13.4.30.
inline constexpr std::int64_t itr_unit_ns = 256;
inline constexpr std::int64_t delay_unit_ns = 1024;

}  // namespace takt::e1000
