// SPDX-License-Identifier: Apache-2.0
// A virtqueue from the device's side: split or packed, as was negotiated. virtio 1.2, 2.7 and 2.8.
//
// All is used by one thread at a time: the device's server or who holds the device's lock. What the
// driver has written is loaded once, then checked. A ring that makes no sense breaks the queue: it
// gives nothing any more, and the device asks for a reset (DEVICE_NEEDS_RESET).
//
// A model's turn: pop() until none or enough, push() what is done, needs_interrupt() once for the
// batch; before it sleeps, enable_kicks(), and another turn if that is true.
#pragma once

#include <cstdint>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "virtio/chain.h"
#include "virtio/packed_queue.h"
#include "virtio/ring.h"
#include "virtio/split_queue.h"

namespace takt::virtio {

class Virtqueue {
 public:
  /// Makes the queue usable, as after a reset. False when the layout is not RAM of one region for
  /// each ring, not aligned, or of a size that the format does not have: a power of two up to 32768
  /// for a split ring, any number up to that for a packed one. `features` are the negotiated ones.
  /// Nothing is read or written yet.
  [[nodiscard]] bool enable(const GuestMem& mem, const QueueLayout& layout,
                            std::uint64_t features) RT;
  /// Queue or device reset. What is pushed after it is dropped.
  void disable() RT;
  [[nodiscard]] bool enabled() const RT { return format_ != Format::none; }
  [[nodiscard]] bool packed() const RT { return format_ == Format::packed; }
  [[nodiscard]] std::uint16_t size() const RT { return size_; }
  /// Of an enabled split queue.
  [[nodiscard]] SplitQueue::Rings split_rings() const RT { return split_.rings(); }
  [[nodiscard]] bool broken() const RT { return fault() != Fault::none; }
  [[nodiscard]] Fault fault() const RT;

  /// The next request. Bounded: at most Chain::most_pieces descriptors are looked at. The device
  /// never holds more chains than the queue has entries: what is popped without an end and never
  /// pushed breaks the queue. `chain` is good only after Pop::chain.
  [[nodiscard]] Pop pop(Chain& chain) RT;
  /// Puts back what pop() gave last, before anything is pushed: it will give it again. With tickets
  /// several are put back, in reverse order. Nothing happens in a broken queue.
  void undo_pop() RT { undo_pop(last_); }
  void undo_pop(ChainTicket ticket) RT;

  /// Gives a request back with `written` bytes written, in any order. The driver sees it with the
  /// next publish() or needs_interrupt(), together with all that were pushed before: buffers that
  /// belong together (5.1.6.4) are never seen in part.
  void push(const Chain& chain, std::uint32_t written) RT { push(chain.ticket(), written); }
  void push(ChainTicket ticket, std::uint32_t written) RT;
  [[nodiscard]] static ChainTicket ticket(const Chain& chain) RT { return chain.ticket(); }

  /// For a driver that polls: it sees what was pushed. needs_interrupt() is still owed.
  void publish() RT;
  /// After a batch of push(): publishes it, and tells whether the driver wants to be interrupted
  /// for it (event index, or the flag). False when nothing was pushed since the last call.
  [[nodiscard]] bool needs_interrupt() RT;

  /// The device is awake and looks by itself: the driver need not notify. It may still do so.
  void disable_kicks() RT;
  /// The device is about to sleep. True when there is something to pop after all. To be called
  /// before each sleep, whether or not kicks were disabled. Afterwards the driver notifies for the
  /// next request that it makes available.
  [[nodiscard]] bool enable_kicks() RT;

 private:
  enum class Format : std::uint8_t { none, split, packed };

  // Both are here, side by side: the format is a branch that predicts well, not a visit.
  Format format_ = Format::none;
  std::uint16_t size_ = 0;
  ChainTicket last_;  // of pop(), for undo_pop()
  SplitQueue split_;
  PackedQueue packed_;
};

inline Pop Virtqueue::pop(Chain& chain) RT {
  if (format_ == Format::none) [[unlikely]]
    return Pop::none;
  const Pop got = format_ == Format::split ? split_.pop(chain) : packed_.pop(chain);
  if (got == Pop::chain) last_ = chain.ticket();
  return got;
}

inline void Virtqueue::push(ChainTicket ticket, std::uint32_t written) RT {
  last_.slots = 0;
  if (format_ == Format::split)
    split_.push(ticket, written);
  else if (format_ == Format::packed)
    packed_.push(ticket, written);
}

inline bool Virtqueue::needs_interrupt() RT {
  if (format_ == Format::split) return split_.needs_interrupt();
  return format_ == Format::packed && packed_.needs_interrupt();
}

}  // namespace takt::virtio
