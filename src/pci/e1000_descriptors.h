// SPDX-License-Identifier: Apache-2.0
// Descriptors in guest memory: 16 bytes, little endian. 317453, 3.2.3 (receive), 3.3.3 (legacy
// transmit), 3.3.6 (context) and 3.3.7 (data).
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/bits.h"

namespace takt::e1000 {

inline constexpr std::uint64_t descriptor_bytes = 16;
inline constexpr std::uint64_t status_offset = 12;  // of the byte with DD, in all of them

/// 3.2.3
struct RxDescriptor {
  std::uint64_t address = 0;
  std::uint16_t length = 0;
  std::uint16_t checksum = 0;
  std::uint8_t status = 0;
  std::uint8_t errors = 0;
  std::uint16_t special = 0;

  struct Status {
    static constexpr std::uint8_t pif = 0x80;    // passed an inexact filter
    static constexpr std::uint8_t ipcs = 0x40;   // the IP checksum was looked at
    static constexpr std::uint8_t tcpcs = 0x20;  // and that of TCP or UDP
    static constexpr std::uint8_t vp = 0x08;     // a VLAN tag was taken out: special
    static constexpr std::uint8_t ixsm = 0x04;   // no checksum was looked at
    static constexpr std::uint8_t eop = 0x02;
    static constexpr std::uint8_t dd = 0x01;
  };
  struct Errors {
    static constexpr std::uint8_t ipe = 0x40;
    static constexpr std::uint8_t tcpe = 0x20;
  };
};
static_assert(sizeof(RxDescriptor) == descriptor_bytes);
static_assert(offsetof(RxDescriptor, status) == status_offset);

/// A transmit descriptor of any kind: two words and what their bits are.
struct TxDescriptor {
  std::uint64_t low = 0;
  std::uint64_t high = 0;

  template <unsigned High, unsigned Low, class T>
  using At = Field<High, Low, std::uint64_t, T>;

  /// In `high` of all kinds.
  using dext = At<29, 29, bool>;
  using rs = At<27, 27, bool>;
  using ide = At<31, 31, bool>;
  using sta = At<39, 32, std::uint8_t>;
  using dtyp = At<23, 20, std::uint8_t>;  // with dext

  /// 3.3.3, 3.3.7: legacy and data; `low` is the address.
  struct Data {
    using special = At<63, 48, std::uint16_t>;
    using popts = At<47, 40, std::uint8_t>;
    using vle = At<30, 30, bool>;
    using tse = At<26, 26, bool>;
    using ifcs = At<25, 25, bool>;
    using eop = At<24, 24, bool>;
    using length = At<19, 0, std::uint32_t>;
  };
  struct Legacy {
    using css = At<47, 40, std::uint8_t>;
    using ic = At<26, 26, bool>;
    using cso = At<23, 16, std::uint8_t>;
    using length = At<15, 0, std::uint32_t>;
  };
  /// 3.3.6: `low`
  struct ContextLow {
    using tucse = At<63, 48, std::uint16_t>;
    using tucso = At<47, 40, std::uint8_t>;
    using tucss = At<39, 32, std::uint8_t>;
    using ipcse = At<31, 16, std::uint16_t>;
    using ipcso = At<15, 8, std::uint8_t>;
    using ipcss = At<7, 0, std::uint8_t>;
  };
  /// 3.3.6: `high`
  struct ContextHigh {
    using mss = At<63, 48, std::uint16_t>;
    using hdrlen = At<47, 40, std::uint8_t>;
    using snap = At<28, 28, bool>;
    using tse = At<26, 26, bool>;
    using ip = At<25, 25, bool>;   // IPv4, else IPv6
    using tcp = At<24, 24, bool>;  // else UDP
    using paylen = At<19, 0, std::uint32_t>;
  };
  static constexpr std::uint8_t dtyp_context = 0;
  static constexpr std::uint8_t dtyp_data = 1;
  static constexpr std::uint8_t popts_ixsm = 0x01;
  static constexpr std::uint8_t popts_txsm = 0x02;
  static constexpr std::uint8_t dd = 0x01;

  enum class Kind : std::uint8_t { legacy, context, data, unknown };
  [[nodiscard]] constexpr Kind kind() const {
    if (!dext::get(high)) return Kind::legacy;
    if (dtyp::get(high) == dtyp_context) return Kind::context;
    return dtyp::get(high) == dtyp_data ? Kind::data : Kind::unknown;
  }
};
static_assert(sizeof(TxDescriptor) == descriptor_bytes);

/// What a context descriptor says (3.3.6): where checksums begin, end and go, and how to segment.
struct TxContext {
  std::uint8_t ipcss = 0;
  std::uint8_t ipcso = 0;
  std::uint16_t ipcse = 0;
  std::uint8_t tucss = 0;
  std::uint8_t tucso = 0;
  std::uint16_t tucse = 0;
  std::uint32_t paylen = 0;
  std::uint16_t mss = 0;
  std::uint8_t hdrlen = 0;
  bool tcp = false;
  bool ipv4 = false;
  bool snap = false;

  [[nodiscard]] static constexpr TxContext from(const TxDescriptor& d) {
    using L = TxDescriptor::ContextLow;
    using H = TxDescriptor::ContextHigh;
    return {.ipcss = L::ipcss::get(d.low),
            .ipcso = L::ipcso::get(d.low),
            .ipcse = L::ipcse::get(d.low),
            .tucss = L::tucss::get(d.low),
            .tucso = L::tucso::get(d.low),
            .tucse = L::tucse::get(d.low),
            .paylen = H::paylen::get(d.high),
            .mss = H::mss::get(d.high),
            .hdrlen = H::hdrlen::get(d.high),
            .tcp = H::tcp::get(d.high),
            .ipv4 = H::ip::get(d.high),
            .snap = H::snap::get(d.high)};
  }
};

}  // namespace takt::e1000
