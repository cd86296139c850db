// SPDX-License-Identifier: Apache-2.0
#include "arm64/mmu.h"

#include <array>
#include <cstddef>

#include "arm64/cpu.h"

namespace probe::arm64 {
namespace {

using Table = std::array<std::uint64_t, 512>;
constexpr std::uint64_t block_bytes = 2ull << 20;
constexpr std::uint64_t address_end = 1ull << 48;
constexpr std::uint64_t address_bits = 0x0000'ffff'ffff'f000;

// D8.3.1, VMSAv8-64 descriptor formats.
constexpr std::uint64_t valid_block = 1;
constexpr std::uint64_t valid_table = 3;
constexpr std::uint64_t attr_index_1 = 1ull << 2;  // boot.S: MAIR
constexpr std::uint64_t inner_shareable = 3ull << 8;
constexpr std::uint64_t access_flag = 1ull << 10;
constexpr std::uint64_t execute_never = 3ull << 53;

/// Two tables for each device far from all others, and some. The first one is the highest level's.
alignas(4096) constinit std::array<Table, 24> pool{};
constinit std::size_t used = 1;

std::uint64_t descriptor(std::uint64_t address, Memory memory) {
  const std::uint64_t common = address | valid_block | access_flag;
  return common | (memory == Memory::normal ? attr_index_1 | inner_shareable : execute_never);
}

/// The table behind `entry`, made if there is none; nullptr if there is no room.
Table* table_behind(std::uint64_t& entry) {
  if (entry == 0) {
    if (used == pool.size()) return nullptr;
    entry = reinterpret_cast<std::uint64_t>(&pool[used++]) | valid_table;
  }
  return reinterpret_cast<Table*>(entry & address_bits);
}

bool map_block(std::uint64_t address, Memory memory) {
  Table* const level_1 = table_behind(pool[0][address >> 39]);
  if (level_1 == nullptr) return false;
  Table* const level_2 = table_behind((*level_1)[address >> 30 & 511]);
  if (level_2 == nullptr) return false;
  std::uint64_t& entry = (*level_2)[address >> 21 & 511];
  const std::uint64_t wanted = descriptor(address, memory);
  if (entry != 0) return entry == wanted;
  entry = wanted;
  return true;
}

}  // namespace

bool map(Range range, Memory memory) {
  if (range.base >= address_end || address_end - range.base < range.bytes) return false;
  std::uint64_t block = range.base & ~(block_bytes - 1);
  for (; block < range.base + range.bytes; block += block_bytes) {
    if (!map_block(block, memory)) return false;
  }
  dsb();
  isb();
  return true;
}

std::uint64_t translation_table() { return reinterpret_cast<std::uint64_t>(pool.data()); }

}  // namespace probe::arm64
