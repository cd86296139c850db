// SPDX-License-Identifier: Apache-2.0
// The traditional memory balloon. virtio 1.2, 5.5: inflating, deflating, statistics, free page
// reporting, page poison, deflating when memory is short. Not modelled: free page hinting.
//
// Pages go to the host by a PageReturner. A request to inflate, or a report, is completed when all
// of its pages have been dealt with, and a reset waits for that too: a page that is taken away
// after the guest has it back is a page lost. One turn looks at 512 page numbers or 32 buffers of a
// queue.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "virtio/balloon_handover.h"
#include "virtio/model.h"

namespace takt::virtio {

namespace balloon_feature {  // 5.5.3
inline constexpr std::uint64_t must_tell_host = 1ull << 0;
inline constexpr std::uint64_t stats_vq = 1ull << 1;
inline constexpr std::uint64_t deflate_on_oom = 1ull << 2;
inline constexpr std::uint64_t free_page_hint = 1ull << 3;
inline constexpr std::uint64_t page_poison = 1ull << 4;
inline constexpr std::uint64_t page_reporting = 1ull << 5;
}  // namespace balloon_feature

/// struct virtio_balloon_config. 5.5.4.
struct BalloonConfig {
  std::uint32_t num_pages = 0;
  std::uint32_t actual = 0;
  std::uint32_t free_page_hint_cmd_id = 0;
  std::uint32_t poison_val = 0;
};
static_assert(sizeof(BalloonConfig) == 16);

/// What a guest tells of its memory: in bytes, or how often. 5.5.6.4.
enum class BalloonStat : std::uint16_t {
  swap_in,
  swap_out,
  major_faults,
  minor_faults,
  free,
  total,
  available,
  caches,
  huge_page_allocations,
  huge_page_failures,
};

class Balloon final : public Model {
 public:
  static constexpr std::size_t stats = 10;
  static constexpr unsigned pages_in_a_turn = 512;
  static constexpr unsigned buffers_in_a_turn = 32;

  struct Counters {
    std::uint64_t inflated = 0;  // requests, as the next two
    std::uint64_t deflated = 0;
    std::uint64_t reports = 0;
    std::uint64_t poisoned_reports = 0;  // of those: pages that have to keep what is in them
    std::uint64_t stats = 0;
  };

  /// All outlive it; `returner` rings `bell`, the server's, when pages are done, and has no other
  /// user.
  Balloon(const GuestMem& mem, PageReturner& returner, Bell& bell)
      : handover_{mem, returner}, bell_{bell} {}

  // --- any thread ---
  /// How many pages of 4 KiB the balloon shall have.
  void set_target_pages(std::uint32_t pages) RT;
  [[nodiscard]] std::uint32_t target_pages() const RT { return target_.load(relaxed); }
  /// How many it has, as the driver says.
  [[nodiscard]] std::uint32_t actual_pages() const RT { return actual_.load(relaxed); }
  /// Asks the driver for statistics; stats_updates() grows when they are there.
  void request_stats() RT;
  [[nodiscard]] std::uint64_t stats_updates() const RT {
    return stats_updates_.load(std::memory_order_acquire);
  }
  /// Nothing when the driver has not told it.
  [[nodiscard]] std::optional<std::uint64_t> stat(BalloonStat which) const RT;

  [[nodiscard]] const Counters& counters() const RT { return counters_; }
  [[nodiscard]] const BalloonHandover::Counters& pages() const RT { return handover_.counters(); }

  // Model
  [[nodiscard]] std::string_view name() const override { return "balloon"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 5; }
  [[nodiscard]] std::uint64_t features() const override;
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override;
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned) RT override {}
  Worked work() RT override;

 private:
  static constexpr std::memory_order relaxed = std::memory_order_relaxed;
  static constexpr unsigned queue_count = 5;
  static constexpr unsigned inflate = 0;
  static constexpr unsigned deflate = 1;

  enum class Use : std::uint8_t { none, inflate, deflate, stats, report };
  /// Of the request that is under way.
  enum class Phase : std::uint8_t { idle, giving, waiting };

  struct Queue {
    Use use = Use::none;  // none: not live
    bool broken = false;
    bool armed = false;  // the driver notifies, and nothing was taken since that was asked for
  };
  /// A request whose pages are handed over, one at a time for each queue.
  struct Job {
    Phase phase = Phase::idle;
    std::uint64_t next = 0;   // inflate: byte of the list; report: buffer
    std::uint64_t until = 0;  // waiting: for so many ranges
    Chain chain;
  };

  [[nodiscard]] bool has(std::uint64_t bit) const RT { return (features_ & bit) != 0; }
  [[nodiscard]] Use use_of(unsigned queue) const RT;
  void see_target() RT;
  [[nodiscard]] bool pop(unsigned queue, Chain& chain) RT;
  void complete(unsigned queue, ChainTicket ticket) RT;
  [[nodiscard]] Worked serve(unsigned queue) RT;
  [[nodiscard]] Worked sleep(unsigned queue, bool did) RT;

  [[nodiscard]] Worked do_pages(unsigned queue, Job& job, std::uint64_t& counter) RT;
  [[nodiscard]] bool give_more(Use use, Job& job) RT;
  [[nodiscard]] bool give_listed(Job& job) RT;
  [[nodiscard]] bool give_reported(Job& job) RT;
  [[nodiscard]] Worked do_deflate(unsigned queue) RT;
  [[nodiscard]] Worked do_stats(unsigned queue) RT;
  void take_stats(const Chain& chain) RT;

  static constexpr std::array<std::uint16_t, queue_count> sizes_{128, 128, 16, 128, 128};

  BalloonHandover handover_;
  Bell& bell_;
  std::uint64_t features_ = 0;
  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;  // while it runs
  std::array<Queue, queue_count> q_{};
  Job inflating_;
  Job reporting_;
  Chain scratch_;
  std::optional<ChainTicket> stats_buffer_;  // kept until statistics are wanted
  std::uint32_t told_target_ = 0;
  std::uint32_t poison_ = 0;
  std::atomic<std::uint32_t> target_ = 0;
  std::atomic<std::uint32_t> actual_ = 0;
  std::atomic<bool> stats_wanted_ = false;
  std::array<std::atomic<std::uint64_t>, stats> stats_{};
  std::atomic<std::uint32_t> stats_known_ = 0;  // bits
  std::atomic<std::uint64_t> stats_updates_ = 0;
  Counters counters_;
};

}  // namespace takt::virtio
