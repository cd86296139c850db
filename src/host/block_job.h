// SPDX-License-Identifier: Apache-2.0
// One request to a disk on its way through system calls, whoever makes them: short ones are gone
// on with, what O_DIRECT does not take goes through a buffer, and zeroes come about in one of three
// ways. No thread, no clock, no descriptor of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/rt.h"
#include "bus/block_store.h"
#include "host/block_file.h"

namespace takt {

/// A system call to make.
struct IoStep {
  enum class Op : std::uint8_t {
    readv,      // preadv(2) into `pieces` at `offset`
    writev,     // pwritev(2)
    sync,       // fdatasync(2)
    fallocate,  // with `mode`, `offset` and `bytes`
    discard,    // BLKDISCARD with `offset` and `bytes`
    answer,     // none: `result` is the result
  };
  Op op = Op::answer;
  int mode = 0;
  int result = 0;
  std::span<const iovec> pieces = {};
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
};

/// Makes the call, which may block. What it returned, or -errno.
[[nodiscard]] int perform(const Fd& fd, const IoStep& step);

/// Begun by the device's server, which copies the request; then a worker's until it is done.
class BlockJob {
 public:
  /// `file` outlives the job. Allocates the buffer that O_DIRECT may need.
  explicit BlockJob(const BlockFile& file);

  void begin(const BlockRequest& request) RT;
  [[nodiscard]] std::uint16_t tag() const RT { return tag_; }

  enum class State : std::uint8_t { goes_on, done, failed };
  /// The next call. Its pieces stay where they are until went().
  [[nodiscard]] IoStep next();
  /// What it returned, or -errno.
  [[nodiscard]] State went(int result);

 private:
  using Kind = BlockRequest::Kind;
  enum class Zeroes : std::uint8_t { punch, range, write };  // each when the one before is refused

  static constexpr std::size_t bounce_bytes = 16384;
  struct alignas(BlockFile::most_alignment) Bounce {
    std::array<std::byte, bounce_bytes> bytes;
  };
  static constexpr int most_retries = 100;  // of a call that does nothing

  [[nodiscard]] bool is_valid(const BlockRequest& request) const RT;
  [[nodiscard]] std::uint64_t left() const { return bytes_ - done_; }
  [[nodiscard]] bool needs_bounce() const;
  [[nodiscard]] IoStep transfer(IoStep::Op op, std::span<const iovec> pieces) const;
  [[nodiscard]] IoStep move_data();
  [[nodiscard]] IoStep move_bounced();
  [[nodiscard]] IoStep deallocate() const;
  [[nodiscard]] IoStep make_zeroes();
  [[nodiscard]] State moved(std::uint64_t bytes);
  [[nodiscard]] State refused(int error);
  void scatter(std::uint64_t bytes);
  void gather(std::uint64_t bytes);
  void advance(std::uint64_t bytes);

  const BlockFile& file_;
  std::unique_ptr<Bounce> bounce_;
  Kind kind_ = Kind::flush;
  Zeroes zeroes_ = Zeroes::punch;
  bool valid_ = false;
  bool bounced_ = false;   // the step under way
  bool by_ioctl_ = false;  // discard: fallocate(2) was refused
  std::uint16_t tag_ = 0;
  int retries_ = 0;
  std::uint64_t offset_ = 0;
  std::uint64_t bytes_ = 0;
  std::uint64_t done_ = 0;
  std::size_t first_ = 0;  // of pieces_ that is not done; it begins where the rest does
  std::size_t count_ = 0;
  std::array<iovec, BlockRequest::most_pieces> pieces_{};
  iovec bounce_piece_{};
};

}  // namespace takt
