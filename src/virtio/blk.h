// SPDX-License-Identifier: Apache-2.0
// A block device. virtio 1.2, 5.2. Its disk is a BlockStore, which does what may block.
//
// Requests are under way in the store side by side and complete in any order. A flush covers the
// writes that were complete when it came (5.2.6.2). Where the driver has chosen write-through, each
// write is followed by a flush of its own before the driver sees it complete.
//
// Not modelled: SIZE_MAX, GEOMETRY, LIFETIME, SECURE_ERASE, the legacy requests, a disk that
// changes its size.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/histogram.h"
#include "virtio/blk_request.h"
#include "virtio/model.h"

namespace takt::virtio {

class Blk final : public Model {
 public:
  static constexpr std::uint16_t queue_size = 256;
  static constexpr unsigned most_queues = 16;
  static constexpr unsigned pops_in_a_turn = 16;  // of each queue

  /// Guest-visible, beside the rings and the requests under way.
  struct State {
    std::uint64_t features = 0;
    bool writeback = true;
  };
  struct Counters {
    std::uint64_t no_status = 0;  // requests without a byte for their status
    std::uint64_t refused = 0;    // IOERR or UNSUPP without asking the store
    std::uint64_t failed = 0;     // IOERR because of the store
    std::uint64_t blocked = 0;    // turns that ended because the store took no more
  };
  /// A histogram each: from the pop of the request to its status, in cycles.
  enum class Kind : std::uint8_t { read, write, flush, other };

  /// The store rings the bell of the server that calls work(). Of `serial` the first 20 characters
  /// count.
  explicit Blk(BlockStore& store, std::string_view serial = {}, unsigned queues = 1);

  [[nodiscard]] std::string_view name() const override { return "virtio-blk"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 2; }
  [[nodiscard]] std::uint64_t features() const override;
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override;
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned queue) RT override;
  Worked work() RT override;

  [[nodiscard]] const State& state() const RT { return state_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }
  /// Requests that the store has, or that wait between two steps.
  [[nodiscard]] std::size_t in_flight() const RT { return table_.size() - free_count_; }
  /// Any thread.
  [[nodiscard]] HistogramCopy latency(Kind kind) const;

 private:
  struct Lane {
    bool pending = false;   // there may be something to pop
    bool awake = false;     // kicks are off
    bool stopping = false;  // the queue is being reset
    bool used = false;      // in this turn
    std::size_t in_flight = 0;
  };
  struct Flight {
    blk::Request request;
    ChainTicket ticket;
    unsigned queue = 0;
    Kind kind = Kind::other;
    std::size_t step = 0;
    bool due = false;  // the store has not taken `step` yet
    std::uint64_t popped_at = 0;
  };

  [[nodiscard]] bool write_through() const RT;
  bool take_completions() RT;
  void complete(std::uint16_t tag, bool ok) RT;
  bool submit_due() RT;
  bool serve(unsigned queue) RT;
  [[nodiscard]] bool may_pop(const Lane& lane) const RT;
  void take_up(unsigned queue, const Chain& chain) RT;
  [[nodiscard]] bool submit(std::uint16_t tag, std::span<const iovec> pieces) RT;
  void answer(std::uint16_t tag, blk::Status status) RT;
  void push(const Flight& flight, blk::Status status) RT;
  void interrupt() RT;

  BlockStore& store_;
  blk::Disk disk_;
  const std::uint32_t block_bytes_;
  std::vector<std::uint16_t> sizes_;
  State state_;
  Counters counters_;
  std::array<Histogram, 4> latency_;

  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;  // null: not started
  std::vector<Lane> lanes_;
  std::vector<Flight> table_;        // by tag
  std::vector<std::uint16_t> free_;  // tags; the first free_count_ of them are
  std::size_t free_count_ = 0;
  std::size_t due_count_ = 0;
  bool blocked_ = false;    // the store took no more; until the next turn
  bool submitted_ = false;  // in this turn
  bool stopping_ = false;
  Chain chain_;  // of take_up()
  blk::Data data_;
};

}  // namespace takt::virtio
