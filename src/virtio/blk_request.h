// SPDX-License-Identifier: Apache-2.0
// What a driver asks of a block device, read out of its chain once and checked. virtio 1.2, 5.2.6.
// Nothing is assumed about how header, data and status are cut into descriptors (2.7.4.1).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rt.h"
#include "bus/block_store.h"
#include "virtio/blk_format.h"
#include "virtio/chain.h"
#include "virtio/pieces.h"

namespace takt::virtio::blk {

/// What requests are checked against.
struct Disk {
  std::uint64_t sectors = 0;
  bool read_only = false;
  bool can_discard = false;
  std::array<std::byte, id_bytes> serial{};  // padded with zeroes
};

/// Sectors that one segment of a discard or write-zeroes request has at most.
inline constexpr std::uint32_t most_segment_sectors = 1u << 22;  // 2 GiB
inline constexpr std::size_t most_segments = 16;

/// A request of the store's, without its data.
struct Step {
  BlockRequest::Kind kind = BlockRequest::Kind::flush;
  bool may_unmap = false;
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// A request that is done in steps, one after the other; `data` belongs to the first one.
struct Request {
  std::byte* status_at = nullptr;  // in guest RAM; null: there is no place for it
  bool answered = false;           // `status` says how: nothing is to be done any more
  Status status = Status::ok;
  std::uint32_t written = 0;         // when it succeeds, the status byte included
  std::uint32_t written_failed = 0;  // when it does not: what is written without a gap (2.7.8.2)
  std::array<Step, most_segments + 1> steps;
  std::size_t step_count = 0;
};

using Data = Pieces<BlockRequest::most_pieces>;

/// Fills in `request` and `data`. Reads ask for nothing else, and GET_ID is answered at once.
void parse(const Chain& chain, const Disk& disk, Request& request, Data& data) RT;

}  // namespace takt::virtio::blk
