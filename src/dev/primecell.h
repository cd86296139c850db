// SPDX-License-Identifier: Apache-2.0
// What ARM's PrimeCell peripherals have in common: 4 KiB of word-aligned registers and, at their
// end, the identification registers by which Linux's AMBA bus finds the driver. An access of 1 or 2
// bytes goes to the low bytes of the register at its offset; between the registers there is
// nothing.
#pragma once

#include <cstdint>
#include <optional>

#include "base/bits.h"
#include "base/rt.h"
#include "base/units.h"

namespace takt::primecell {

inline constexpr std::uint64_t region_bytes = 0x1000;
inline constexpr Width widest = Width::b4;

/// PeriphID0 to PeriphID3, eight bits of each, the first one lowest.
struct PeriphId {
  using configuration = Field<31, 24, std::uint32_t>;
  using revision = Field<23, 20, std::uint32_t>;
  using designer = Field<19, 12, std::uint32_t>;
  using part = Field<11, 0, std::uint32_t>;
  std::uint32_t raw = 0;
};

inline constexpr std::uint32_t designer_arm = 'A';
inline constexpr std::uint32_t cell_id = 0xb105'f00d;  // PCellID3 to PCellID0, in all PrimeCells

constexpr PeriphId arm_part(std::uint32_t part, std::uint32_t revision) {
  using P = PeriphId;
  return {P::revision::set(P::designer::set(P::part::set(0, part), designer_arm), revision)};
}

/// The offset of the register that an access at `offset` goes to, as the model's enumeration of
/// its registers. Nothing for the bytes between them and beyond the region.
template <class Reg>
[[nodiscard]] constexpr std::optional<Reg> decode(std::uint64_t offset) {
  if (!is_aligned(offset, 4) || offset >= region_bytes) return std::nullopt;
  return static_cast<Reg>(offset);
}

/// PeriphID0-3 at 0xfe0 to 0xfec, PCellID0-3 at 0xff0 to 0xffc; 0 at other offsets.
[[nodiscard]] constexpr std::uint32_t read_id(PeriphId id, std::uint64_t offset) {
  constexpr std::uint64_t first = 0xfe0;
  if (offset < first || offset >= region_bytes) return 0;
  const std::uint64_t all = std::uint64_t{cell_id} << 32 | id.raw;
  return all >> ((offset - first) / 4 * 8) & 0xff;
}

/// What a register that holds `before` holds after a write of `value` to its low bytes.
[[nodiscard]] constexpr std::uint32_t merge(std::uint32_t before, Width width,
                                            std::uint64_t value) {
  const std::uint64_t mask = width_mask(width);
  return static_cast<std::uint32_t>((before & ~mask) | (value & mask));
}

static_assert(read_id(arm_part(0x011, 3), 0xfe4) == 0x10);
static_assert(read_id(arm_part(0x011, 3), 0xfe8) == 0x34);
static_assert(read_id(arm_part(0x011, 3), 0xffc) == 0xb1);
static_assert(merge(0x1122'3344, Width::b2, 0xaabb) == 0x1122'aabb);

}  // namespace takt::primecell
