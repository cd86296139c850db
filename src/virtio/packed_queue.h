// SPDX-License-Identifier: Apache-2.0
// A packed virtqueue from the device's side. virtio 1.2, 2.8. Virtqueue has the contracts.
#pragma once

#include <cstdint>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "virtio/chain.h"
#include "virtio/ring.h"

namespace takt::virtio {

class PackedQueue {
 public:
  static constexpr std::uint16_t most_size = 32768;

  /// A place in the ring and the wrap counter there (2.8.1).
  struct Position {
    std::uint16_t index = 0;
    bool wrap = true;
    void advance(std::uint32_t n, std::uint32_t size) RT {
      const std::uint32_t next = index + n;
      index = static_cast<std::uint16_t>(next < size ? next : next - size);
      wrap ^= next >= size;
    }
    void go_back(std::uint32_t n, std::uint32_t size) RT {
      wrap ^= n > index;
      index = static_cast<std::uint16_t>(n > index ? index + size - n : index - n);
    }
  };

  /// What has to be kept where a queue moves to another process, beside its layout.
  struct State {
    Position avail;                  // the next chain
    Position used;                   // the next element to be written
    std::uint32_t in_flight = 0;     // descriptors of the ring that the device holds
    std::uint32_t since_signal = 0;  // descriptors given back since the last needs_interrupt()
    bool held = false;               // a batch of push() is not published yet:
    std::uint16_t held_index = 0;    //   its first element
    std::uint16_t held_flags = 0;    //   and the flags that make the driver see all of them
    Fault fault = Fault::none;
  };

  [[nodiscard]] bool enable(const GuestMem& mem, const QueueLayout& layout,
                            std::uint64_t features) RT;
  [[nodiscard]] Fault fault() const RT { return s_.fault; }
  [[nodiscard]] const State& state() const RT { return s_; }

  [[nodiscard]] Pop pop(Chain& chain) RT;
  void undo_pop(ChainTicket ticket) RT;
  void push(ChainTicket ticket, std::uint32_t written) RT;
  void publish() RT;
  [[nodiscard]] bool needs_interrupt() RT;
  void disable_kicks() RT;
  [[nodiscard]] bool enable_kicks() RT;

 private:
  [[nodiscard]] bool available() const RT;
  [[nodiscard]] Pop fail(Fault fault) RT;
  [[nodiscard]] Fault walk(Chain& chain) const RT;
  [[nodiscard]] Fault walk_indirect(Chain& chain, const PackedDesc& table) const RT;
  [[nodiscard]] bool passed(std::uint16_t off_wrap, std::uint32_t pushed) const RT;
  [[nodiscard]] std::byte* desc(std::uint16_t i) const RT { return desc_ + i * desc_bytes; }
  [[nodiscard]] std::byte* flags(std::uint16_t i) const RT { return desc(i) + 14; }

  State s_;
  std::uint32_t size_ = 0;
  bool indirect_ = false;
  bool event_idx_ = false;
  const GuestMem* mem_ = nullptr;
  std::byte* desc_ = nullptr;  // the ring and the two event suppression areas, mapped
  std::byte* driver_event_ = nullptr;
  std::byte* device_event_ = nullptr;
};

}  // namespace takt::virtio
