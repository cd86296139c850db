// SPDX-License-Identifier: Apache-2.0
// A block device's structures as its driver sees them. virtio 1.2, 5.2.
#pragma once

#include <cstddef>
#include <cstdint>

namespace takt::virtio::blk {

inline constexpr std::uint64_t sector_bytes = 512;

namespace feature {  // 5.2.3
inline constexpr std::uint64_t seg_max = 1ull << 2;
inline constexpr std::uint64_t ro = 1ull << 5;
inline constexpr std::uint64_t blk_size = 1ull << 6;
inline constexpr std::uint64_t flush = 1ull << 9;
inline constexpr std::uint64_t topology = 1ull << 10;
inline constexpr std::uint64_t config_wce = 1ull << 11;
inline constexpr std::uint64_t mq = 1ull << 12;
inline constexpr std::uint64_t discard = 1ull << 13;
inline constexpr std::uint64_t write_zeroes = 1ull << 14;
}  // namespace feature

/// struct virtio_blk_config. 5.2.4.
struct [[gnu::packed]] Config {
  std::uint64_t capacity = 0;  // sectors
  std::uint32_t size_max = 0;
  std::uint32_t seg_max = 0;
  std::uint16_t cylinders = 0;
  std::uint8_t heads = 0;
  std::uint8_t sectors = 0;
  std::uint32_t blk_size = 0;
  std::uint8_t physical_block_exp = 0;  // of blk_size
  std::uint8_t alignment_offset = 0;
  std::uint16_t min_io_size = 0;  // in blk_size
  std::uint32_t opt_io_size = 0;
  std::uint8_t writeback = 0;
  std::uint8_t unused0 = 0;
  std::uint16_t num_queues = 0;
  std::uint32_t max_discard_sectors = 0;
  std::uint32_t max_discard_seg = 0;
  std::uint32_t discard_sector_alignment = 0;
  std::uint32_t max_write_zeroes_sectors = 0;
  std::uint32_t max_write_zeroes_seg = 0;
  std::uint8_t write_zeroes_may_unmap = 0;
  std::uint8_t unused1[3] = {};
};
static_assert(sizeof(Config) == 60 && offsetof(Config, blk_size) == 20 &&
              offsetof(Config, writeback) == 32 && offsetof(Config, num_queues) == 34 &&
              offsetof(Config, max_write_zeroes_sectors) == 48);

enum class Type : std::uint32_t {  // 5.2.6
  in = 0,
  out = 1,
  flush = 4,
  get_id = 8,
  discard = 11,
  write_zeroes = 13,
};

enum class Status : std::uint8_t { ok = 0, ioerr = 1, unsupp = 2 };

/// What is before the data of struct virtio_blk_req. 5.2.6.
struct Header {
  std::uint32_t type = 0;
  std::uint32_t reserved = 0;
  std::uint64_t sector = 0;
};
static_assert(sizeof(Header) == 16);

/// struct virtio_blk_discard_write_zeroes. 5.2.6.
struct Segment {
  static constexpr std::uint32_t unmap = 1;  // flags; the others are reserved
  std::uint64_t sector = 0;
  std::uint32_t num_sectors = 0;
  std::uint32_t flags = 0;
};
static_assert(sizeof(Segment) == 16);

inline constexpr std::size_t id_bytes = 20;  // GET_ID

}  // namespace takt::virtio::blk
