// SPDX-License-Identifier: Apache-2.0
// Gives guest RAM back to the host: holes are punched into its memfd by a thread of its own,
// `balloon`. Each hole interrupts every CPU that runs a vCPU, and a page that was taken away is a
// page fault when the guest touches it again. Where that must not be, because memory is locked or
// the VM is real-time, ranges are only counted: the guest's balloon works, and the host gains
// nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>

#include "base/fd.h"
#include "base/result.h"
#include "base/spsc_ring.h"
#include "base/thread.h"
#include "bus/guest_mem.h"
#include "bus/page_returner.h"
#include "bus/work.h"
#include "host/guest_ram.h"

namespace takt {

class RamPageReturner final : public PageReturner {
 public:
  enum class Mode : std::uint8_t { give_back, count_only };
  static constexpr std::size_t ring_entries = 256;

  /// `mem` shows all or part of `ram`, whose pages are of the size `pages`; smaller ranges stay.
  /// `bell` is the balloon's server's. All outlive it. Starts the thread, which has the policy
  /// OTHER, unless ranges are only counted: set-up only.
  static Result<std::unique_ptr<RamPageReturner>> create(const GuestRam& ram, PageSize pages,
                                                         const GuestMem& mem, Mode mode,
                                                         Bell& bell);
  /// Leaves what is still in the ring. Nobody gives any more.
  ~RamPageReturner() override;
  RamPageReturner(const RamPageReturner&) = delete;
  RamPageReturner& operator=(const RamPageReturner&) = delete;

  // PageReturner
  [[nodiscard]] bool give(Gpa start, std::uint64_t bytes) RT override;
  [[nodiscard]] std::uint64_t done() const RT override {
    return done_.load(std::memory_order_acquire);
  }

  // Any thread:
  /// Of all ranges that were given.
  [[nodiscard]] std::uint64_t bytes_given() const RT { return given_bytes_.load(relaxed); }
  /// What went back to the host of it.
  [[nodiscard]] std::uint64_t bytes_returned() const RT { return returned_bytes_.load(relaxed); }
  /// Holes that the kernel refused.
  [[nodiscard]] std::uint64_t failures() const RT { return failures_.load(relaxed); }
  /// 0 when there is no thread.
  [[nodiscard]] pid_t tid() const { return thread_.tid(); }

 private:
  static constexpr std::memory_order relaxed = std::memory_order_relaxed;
  /// In the memfd.
  struct Range {
    std::uint64_t offset = 0;
    std::uint64_t bytes = 0;
  };
  RamPageReturner(const GuestRam& ram, PageSize pages, const GuestMem& mem, Bell& bell)
      : ram_{ram}, page_bytes_{page_bytes(pages)}, mem_{mem}, bell_{bell} {}
  void run();
  void punch(const Range& range);

  const GuestRam& ram_;
  const std::uint64_t page_bytes_;
  const GuestMem& mem_;
  Bell& bell_;
  SpscRing<Range, ring_entries> ring_;
  Fd wake_;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> done_ = 0;
  std::atomic<std::uint64_t> given_bytes_ = 0;
  std::atomic<std::uint64_t> returned_bytes_ = 0;
  std::atomic<std::uint64_t> failures_ = 0;
  Thread thread_;
};

}  // namespace takt
