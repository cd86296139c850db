// SPDX-License-Identifier: Apache-2.0
// A split virtqueue from the device's side. virtio 1.2, 2.7. Virtqueue has the contracts.
#pragma once

#include <cstdint>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "virtio/chain.h"
#include "virtio/ring.h"

namespace takt::virtio {

class SplitQueue {
 public:
  static constexpr std::uint16_t most_size = 32768;

  /// What has to be kept where a queue moves to another process, beside its layout.
  struct State {
    std::uint16_t next_avail = 0;  // index of the next chain in the available ring
    std::uint16_t next_used = 0;   // index of the next element in the used ring
    std::uint16_t published = 0;   // the used index that the driver sees
    std::uint16_t signalled = 0;   // what it was at the last needs_interrupt()
    std::uint16_t in_flight = 0;   // chains that the device holds
    Fault fault = Fault::none;
  };

  [[nodiscard]] bool enable(const GuestMem& mem, const QueueLayout& layout,
                            std::uint64_t features) RT;
  [[nodiscard]] Fault fault() const RT { return s_.fault; }
  [[nodiscard]] const State& state() const RT { return s_; }

  /// The rings, mapped, for the host's kernel that serves them instead.
  struct Rings {
    std::uint16_t size = 0;
    std::byte* desc = nullptr;
    std::byte* avail = nullptr;
    std::byte* used = nullptr;
  };
  [[nodiscard]] Rings rings() const RT {
    return {static_cast<std::uint16_t>(size_), desc_, avail_, used_};
  }

  [[nodiscard]] Pop pop(Chain& chain) RT;
  void undo_pop(ChainTicket ticket) RT;
  void push(ChainTicket ticket, std::uint32_t written) RT;
  void publish() RT;
  [[nodiscard]] bool needs_interrupt() RT;
  void disable_kicks() RT;
  [[nodiscard]] bool enable_kicks() RT;

 private:
  [[nodiscard]] bool look() RT;
  [[nodiscard]] Pop fail(Fault fault) RT;
  [[nodiscard]] Fault walk(Chain& chain, std::uint16_t head) const RT;
  [[nodiscard]] Fault walk_indirect(Chain& chain, const SplitDesc& table) const RT;

  [[nodiscard]] std::byte* avail_idx() const RT { return avail_ + 2; }
  [[nodiscard]] std::byte* avail_entry(std::uint16_t i) const RT { return avail_ + 4 + 2 * i; }
  [[nodiscard]] std::byte* used_event() const RT { return avail_ + 4 + 2 * size_; }
  [[nodiscard]] std::byte* used_idx() const RT { return used_ + 2; }
  [[nodiscard]] std::byte* used_entry(std::uint16_t i) const RT { return used_ + 4 + 8 * i; }
  [[nodiscard]] std::byte* avail_event() const RT { return used_ + 4 + 8 * size_; }

  State s_;
  std::uint16_t avail_end_ = 0;  // the available index when it was looked at
  std::uint16_t mask_ = 0;
  std::uint32_t size_ = 0;
  bool indirect_ = false;
  bool event_idx_ = false;
  const GuestMem* mem_ = nullptr;
  std::byte* desc_ = nullptr;  // the three rings, mapped
  std::byte* avail_ = nullptr;
  std::byte* used_ = nullptr;
};

}  // namespace takt::virtio
