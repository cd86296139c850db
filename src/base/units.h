// SPDX-License-Identifier: Apache-2.0
// Numbers that must not mix, each with a type of its own. All operations are constexpr and free.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace takt {

/// An address in the space named by Tag. Address + bytes is an address, address - address is a
/// number of bytes; nothing else compiles. Arithmetic wraps at 2^64 like the hardware's.
template <class Tag>
class Addr {
 public:
  constexpr Addr() = default;
  constexpr explicit Addr(std::uint64_t raw) : raw_{raw} {}
  [[nodiscard]] constexpr std::uint64_t raw() const { return raw_; }
  constexpr auto operator<=>(const Addr&) const = default;
  friend constexpr Addr operator+(Addr a, std::uint64_t bytes) { return Addr{a.raw_ + bytes}; }
  friend constexpr std::uint64_t operator-(Addr a, Addr b) { return a.raw_ - b.raw_; }

 private:
  std::uint64_t raw_ = 0;
};

/// An index in the space named by Tag; comparable, without arithmetic.
template <class Tag, class Raw>
class Id {
 public:
  constexpr Id() = default;
  constexpr explicit Id(Raw raw) : raw_{raw} {}
  [[nodiscard]] constexpr Raw raw() const { return raw_; }
  constexpr auto operator<=>(const Id&) const = default;

 private:
  Raw raw_ = 0;
};

using Gpa = Addr<struct GpaTag>;                       // guest-physical address
using Port = Addr<struct PortTag>;                     // x86 I/O port, 0..0xffff
using Gsi = Id<struct GsiTag, std::uint32_t>;          // index in KVM's routing table
using VcpuId = Id<struct VcpuTag, std::uint32_t>;      // vCPU number; on x86 also its x2APIC id
using DeviceId = Id<struct DeviceTag, std::uint16_t>;  // of a board's devices, from 1; 0: none

/// Width of an access, in bytes.
enum class Width : std::uint8_t { b1 = 1, b2 = 2, b4 = 4, b8 = 8 };

[[nodiscard]] constexpr std::uint64_t bytes(Width w) { return std::to_underlying(w); }

inline namespace literals {
constexpr std::uint64_t operator""_KiB(unsigned long long n) { return n << 10; }
constexpr std::uint64_t operator""_MiB(unsigned long long n) { return n << 20; }
constexpr std::uint64_t operator""_GiB(unsigned long long n) { return n << 30; }
}  // namespace literals

}  // namespace takt
