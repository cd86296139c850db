// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the block device: a disk in memory that completes when it is told to.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <vector>

#include "bus/block_store.h"

namespace takt::virtio::fakes {

class FakeStore final : public BlockStore {
 public:
  explicit FakeStore(std::uint64_t sectors = 64, std::uint16_t most = 4)
      : disk(sectors * 512), depth_{most} {}

  [[nodiscard]] std::uint64_t bytes() const RT override { return disk.size(); }
  [[nodiscard]] std::uint32_t block_bytes() const RT override { return best_bytes; }
  [[nodiscard]] bool read_only() const RT override { return is_read_only; }
  [[nodiscard]] bool can_discard() const RT override { return discards; }
  [[nodiscard]] std::uint16_t depth() const RT override { return depth_; }

  [[nodiscard]] bool submit(const BlockRequest& request) RT override {
    if (refuses || under_way.size() == depth_) return false;
    std::uint64_t bytes = 0;
    for (const iovec& piece : request.pieces) bytes += piece.iov_len;
    const bool has_data =
        request.kind == BlockRequest::Kind::read || request.kind == BlockRequest::Kind::write;
    sound &= request.pieces.size() <= BlockRequest::most_pieces;
    sound &= bytes == (has_data ? request.bytes : 0) && request.bytes % 512 == 0;
    sound &= request.offset <= disk.size() && disk.size() - request.offset >= request.bytes;
    sound &= std::ranges::none_of(under_way, [&](const Job& j) { return j.r.tag == request.tag; });
    under_way.push_back({request, {request.pieces.begin(), request.pieces.end()}});
    kinds.push_back(request.kind);
    return true;
  }
  void kick() RT override { ++kicks; }
  [[nodiscard]] std::optional<BlockDone> completed() RT override {
    if (done.empty()) return std::nullopt;
    const BlockDone first = done.front();
    done.erase(done.begin());
    return first;
  }

  /// The nth that is under way completes.
  void complete(std::size_t n = 0, bool ok = true) {
    const Job job = under_way.at(n);
    under_way.erase(under_way.begin() + static_cast<std::ptrdiff_t>(n));
    if (ok) carry_out(job);
    done.push_back({.tag = job.r.tag, .ok = ok});
  }
  void complete_all() {
    while (!under_way.empty()) complete();
  }

  struct Job {
    BlockRequest r;
    std::vector<iovec> pieces;
  };
  std::vector<std::byte> disk;
  std::vector<Job> under_way;
  std::vector<BlockDone> done;
  std::vector<BlockRequest::Kind> kinds;  // all that were ever submitted
  std::uint32_t best_bytes = 512;
  bool is_read_only = false;
  bool discards = true;
  bool refuses = false;  // as a rate limit does
  bool sound = true;     // all that was submitted kept the contract
  unsigned kicks = 0;

 private:
  void carry_out(const Job& job) {
    std::size_t at = job.r.offset;
    for (const iovec& piece : job.pieces) {
      if (job.r.kind == BlockRequest::Kind::read)
        std::memcpy(piece.iov_base, disk.data() + at, piece.iov_len);
      else
        std::memcpy(disk.data() + at, piece.iov_base, piece.iov_len);
      at += piece.iov_len;
    }
    if (job.r.kind == BlockRequest::Kind::write_zeroes || job.r.kind == BlockRequest::Kind::discard)
      std::memset(disk.data() + at, 0, job.r.bytes);
  }

  const std::uint16_t depth_;
};

}  // namespace takt::virtio::fakes
