// SPDX-License-Identifier: Apache-2.0
// Policy B: the device's server does the accesses, in the order in which they were made. A posted
// write costs the vCPU a slot in a ring; a synchronous access waits for its answer and lends the
// server its priority meanwhile (base/hand_over.h).
//
// Each vCPU has a ring of its own, so that a vCPU of low priority, preempted while it posts, holds
// up nobody: no lock, no slot that others wait for. The order between vCPUs is kept by stamps: what
// one vCPU has done before another begins has the lower stamp, and is done first.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "base/hand_over.h"
#include "base/slot_ring.h"
#include "bus/guarded.h"
#include "bus/work.h"

namespace takt {

class Served final : public Guarded, public Work {
 public:
  static constexpr std::size_t ring_entries = 64;
  static constexpr unsigned jobs_in_a_turn = 16;

  /// `bell` wakes the server that this is given to as Work.
  Served(Device& model, DeviceId id, Bell& bell, std::size_t vcpus);

  std::uint64_t read(Access access) RT override;
  void write(Access access, std::uint64_t value) RT override;

  void begin() RT override;
  Worked work() RT override;

  /// Posted writes that found their ring full and were waited for instead. Any thread.
  [[nodiscard]] std::uint64_t back_pressure() const RT {
    return back_pressure_.load(std::memory_order_relaxed);
  }

 private:
  struct Job {
    std::uint64_t stamp = 0;
    std::uint64_t posted_at = 0;  // cycles()
    std::uint64_t value = 0;
    std::uint64_t offset = 0;
    Width width = Width::b1;
    bool is_write = false;
  };
  /// A vCPU's way to the device. Its synchronous access, at most one, comes after its posted ones.
  struct alignas(64) Lane {
    SlotRing<Job, ring_entries> posted;
    Job asked;
    std::atomic<bool> has_asked = false;
    std::uint64_t answer = 0;
    HandOver hand_over;
  };

  // the vCPU's side
  [[nodiscard]] Job job_of(Access access, bool is_write, std::uint64_t value) RT;
  std::uint64_t ask(Lane& lane, const Job& job) RT;
  void post(Lane& lane, const Job& job) RT;
  [[nodiscard]] Lane& lane_of(Access access) RT { return lanes_[access.from.raw()]; }

  // the server's side
  [[nodiscard]] static const Job* next_of(const Lane& lane) RT;
  [[nodiscard]] Lane* oldest() RT;
  void do_next(Lane& lane) RT;
  void do_posted(Lane& lane) RT;
  void do_asked(Lane& lane) RT;
  std::uint64_t run(const Job& job) RT;

  alignas(64) Bell& bell_;
  std::vector<Lane> lanes_;
  alignas(64) std::atomic<std::uint64_t> next_stamp_ = 0;
  std::atomic<std::uint64_t> back_pressure_ = 0;
};

}  // namespace takt
