// SPDX-License-Identifier: Apache-2.0
// A virtqueue from the device's side: split or packed, as was negotiated. virtio 1.2, 2.7 and 2.8.
//
// All is used by one thread at a time: the device's server or who holds the device's lock. What the
// driver has written is loaded once, then checked. A ring that makes no sense breaks the queue: it
// gives nothing any more, and the device asks for a reset (DEVICE_NEEDS_RESET).
#pragma once

#include <cstdint>
#include <optional>
#include <variant>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "virtio/chain.h"
#include "virtio/packed_queue.h"
#include "virtio/split_queue.h"

namespace takt::virtio {

/// Where a queue is, as the driver has said (4.1.4.3).
struct QueueLayout {
  std::uint16_t size = 0;
  Gpa desc;    // descriptor table; packed: descriptor ring
  Gpa driver;  // available ring; packed: driver event suppression
  Gpa device;  // used ring; packed: device event suppression
};

enum class Pop : std::uint8_t { none, chain, broken };

class Virtqueue {
 public:
  /// Makes the queue usable. False when the layout is not RAM, not aligned, or of a size that the
  /// format does not have. `features` are the negotiated ones.
  [[nodiscard]] bool enable(const GuestMem& mem, const QueueLayout& layout, std::uint64_t features) RT;
  /// Queue or device reset.
  void disable() RT;
  [[nodiscard]] bool enabled() const RT;
  [[nodiscard]] bool broken() const RT;

  /// The next request. Bounded: at most Chain::most_pieces descriptors are looked at.
  [[nodiscard]] Pop pop(Chain& chain) RT;
  /// Puts back what pop() gave last: it will give it again. At most one, before anything is pushed.
  void undo_pop() RT;

  /// Gives a request back with `written` bytes written. Visible to the driver at the latest with
  /// the next needs_interrupt().
  void push(const Chain& chain, std::uint32_t written) RT;
  void push(ChainTicket ticket, std::uint32_t written) RT;
  [[nodiscard]] static ChainTicket ticket(const Chain& chain) RT;

  /// After a batch of push(): whether the driver wants to be interrupted for it (event index, or
  /// the flag).
  [[nodiscard]] bool needs_interrupt() RT;

  /// The device is awake and looks by itself: the driver need not notify.
  void disable_kicks() RT;
  /// The device is about to sleep. True when there is something to pop after all.
  [[nodiscard]] bool enable_kicks() RT;

 private:
  std::variant<std::monostate, SplitQueue, PackedQueue> ring_;
};

}  // namespace takt::virtio
