// SPDX-License-Identifier: Apache-2.0
#include "boot/memory_map_x86.h"

#include <gtest/gtest.h>

#include <array>
#include <iterator>

#include "boot/test_ram.h"

namespace takt {

// Found by GoogleTest through argument-dependent lookup.
void PrintTo(const MapEntry& e, std::ostream* out) {
  *out << std::hex << e.range.start.raw() << "+" << e.range.size << " type "
       << std::to_underlying(e.type);
}

namespace {

using Map = std::vector<MapEntry>;
constexpr MapEntry low{{Gpa{0}, 0x9'fc00}, MapType::usable};
constexpr MapEntry bios{{Gpa{0x9'fc00}, 0x6'0400}, MapType::reserved};

TEST(MemoryMap, LeavesOutWhatLiesBelowTheFirstMib) {
  const TestRam ram{16_MiB};
  EXPECT_EQ(memory_map(ram.mem()), (Map{low, bios, {{Gpa{1_MiB}, 15_MiB}, MapType::usable}}));
}

TEST(MemoryMap, EveryRegionIsUsableToItsEnd) {
  std::vector<std::byte> first(2_MiB), second(1_MiB);
  const GuestMem mem{{{Gpa{0}, first}, {Gpa{4_GiB}, second}}};
  EXPECT_EQ(memory_map(mem), (Map{low,
                                  bios,
                                  {{Gpa{1_MiB}, 1_MiB}, MapType::usable},
                                  {{Gpa{4_GiB}, 1_MiB}, MapType::usable}}));
}

TEST(MemoryMap, AReservedRangeOutsideRamIsListedInOrder) {
  const TestRam ram{2_MiB};
  const std::array ecam{GpaRange{Gpa{0xe000'0000}, 256_MiB}};
  EXPECT_EQ(memory_map(ram.mem(), ecam), (Map{low,
                                              bios,
                                              {{Gpa{1_MiB}, 1_MiB}, MapType::usable},
                                              {{Gpa{0xe000'0000}, 256_MiB}, MapType::reserved}}));
}

TEST(MemoryMap, AReservedRangeInRamCutsIt) {
  const TestRam ram{4_MiB};
  const std::array hole{GpaRange{Gpa{2_MiB}, 1_MiB}};
  EXPECT_EQ(memory_map(ram.mem(), hole), (Map{low,
                                              bios,
                                              {{Gpa{1_MiB}, 1_MiB}, MapType::usable},
                                              {{Gpa{2_MiB}, 1_MiB}, MapType::reserved},
                                              {{Gpa{3_MiB}, 1_MiB}, MapType::usable}}));
}

TEST(MemoryMap, AReservedRangeThatCoversAllRamAboveLeavesNoneUsableThere) {
  const TestRam ram{4_MiB};
  const std::array hole{GpaRange{Gpa{1_MiB}, 8_MiB}};
  EXPECT_EQ(memory_map(ram.mem(), hole),
            (Map{low, bios, {{Gpa{1_MiB}, 8_MiB}, MapType::reserved}}));
}

}  // namespace
}  // namespace takt
