// SPDX-License-Identifier: Apache-2.0
#include "virtio/packed_queue.h"

#include <algorithm>

#include "base/bits.h"
#include "virtio/features.h"

namespace takt::virtio {
namespace {

/// struct pvirtq_event_suppress, seen as one word. 2.8.14.
struct Event {
  using flags = Field<17, 16, std::uint32_t, std::uint16_t>;
  using off_wrap = Field<15, 0, std::uint32_t, std::uint16_t>;
  static constexpr std::uint16_t enable = 0;
  static constexpr std::uint16_t disable = 1;
  static constexpr std::uint16_t at_descriptor = 2;  // with the event index only
};
using EventOffset = Field<14, 0, std::uint16_t>;
using EventWrap = Field<15, 15, std::uint16_t, bool>;

}  // namespace

bool PackedQueue::enable(const GuestMem& mem, const QueueLayout& layout,
                         std::uint64_t features) RT {
  if (layout.size == 0 || layout.size > most_size) return false;
  if (!is_aligned(layout.desc.raw(), 16) || !is_aligned(layout.driver.raw(), 4) ||
      !is_aligned(layout.device.raw(), 4))
    return false;
  const auto ring = mem.slice(layout.desc, std::uint64_t{layout.size} * desc_bytes);
  const auto driver = mem.slice(layout.driver, 4);
  const auto device = mem.slice(layout.device, 4);
  if (!ring || !driver || !device) return false;
  *this = PackedQueue{};
  size_ = layout.size;
  indirect_ = (features & feature::indirect_desc) != 0;
  event_idx_ = (features & feature::event_idx) != 0;
  mem_ = &mem;
  desc_ = ring->data();
  driver_event_ = driver->data();
  device_event_ = device->data();
  return true;
}

Pop PackedQueue::fail(Fault fault) RT {
  s_.fault = fault;
  return Pop::broken;
}

/// 2.8.1.1: available when AVAIL is the wrap counter and USED is not. Acquire: the driver writes
/// the first descriptor's flags last.
bool PackedQueue::available() const RT {
  const auto word = load_word<std::uint16_t>(flags(s_.avail.index), std::memory_order_acquire);
  const bool avail = (word & desc_flag::avail) != 0;
  const bool used = (word & desc_flag::used) != 0;
  return avail == s_.avail.wrap && used != s_.avail.wrap;
}

Pop PackedQueue::pop(Chain& chain) RT {
  if (s_.fault != Fault::none) return Pop::broken;
  if (!available()) return Pop::none;
  if (const Fault fault = walk(chain); fault != Fault::none) [[unlikely]]
    return fail(fault);
  s_.avail.advance(chain.ticket_.slots, size_);
  s_.in_flight += chain.ticket_.slots;
  return Pop::chain;
}

/// The id is in the last descriptor (2.8.6). What follows the first is available with it.
Fault PackedQueue::walk(Chain& chain) const RT {
  chain.clear();
  Position at = s_.avail;
  const std::uint32_t most = size_ - s_.in_flight;
  for (std::uint16_t slots = 1; slots <= most; ++slots) {
    const auto d = load_desc<PackedDesc>(desc(at.index));
    const bool next = (d.flags & desc_flag::next) != 0;
    chain.ticket_ = {.id = d.id, .slots = slots};
    if ((d.flags & desc_flag::indirect) != 0) {
      if (next || slots != 1) return Fault::indirect;  // 2.8.19
      return walk_indirect(chain, d);
    }
    const bool writable = (d.flags & desc_flag::write) != 0;
    if (const Fault fault = chain.add(*mem_, Gpa{d.addr}, d.len, writable); fault != Fault::none)
      return fault;
    if (!next) return Fault::none;
    at.advance(1, size_);
  }
  return s_.in_flight == 0 ? Fault::too_long : Fault::in_flight;
}

/// 2.8.7: all of the table, in order; NEXT has no meaning there.
Fault PackedQueue::walk_indirect(Chain& chain, const PackedDesc& table) const RT {
  if (!indirect_ || table.len == 0 || table.len % desc_bytes != 0) return Fault::indirect;
  if (table.len / desc_bytes > Chain::most_pieces) return Fault::too_long;
  const auto entries = mem_->slice(Gpa{table.addr}, table.len);
  if (!entries) return Fault::not_ram;
  for (std::size_t offset = 0; offset < table.len; offset += desc_bytes) {
    const auto d = load_desc<PackedDesc>(entries->data() + offset);
    if ((d.flags & desc_flag::indirect) != 0) return Fault::indirect;
    const bool writable = (d.flags & desc_flag::write) != 0;
    if (const Fault fault = chain.add(*mem_, Gpa{d.addr}, d.len, writable); fault != Fault::none)
      return fault;
  }
  return Fault::none;
}

void PackedQueue::undo_pop(ChainTicket ticket) RT {
  if (ticket.slots > s_.in_flight || s_.fault != Fault::none) return;
  s_.in_flight -= ticket.slots;
  s_.avail.go_back(ticket.slots, size_);
}

/// 2.8.8. The flags of a batch's first element are kept back: until they are written the driver
/// sees none of the batch.
void PackedQueue::push(ChainTicket ticket, std::uint32_t written) RT {
  if (ticket.slots > s_.in_flight || ticket.slots == 0) return;
  const std::uint16_t both = desc_flag::avail | desc_flag::used;
  const std::uint16_t state = s_.used.wrap ? both : std::uint16_t{0};
  const std::uint16_t write = written == 0 ? std::uint16_t{0} : desc_flag::write;
  const auto word = static_cast<std::uint16_t>(state | write);
  const std::uint16_t at = s_.used.index;
  store_word<std::uint32_t>(desc(at) + 8, written);
  store_word<std::uint16_t>(desc(at) + 12, ticket.id);
  if (s_.held) {
    store_word<std::uint16_t>(flags(at), word);
  } else {
    s_.held = true;
    s_.held_index = at;
    s_.held_flags = word;
  }
  s_.used.advance(ticket.slots, size_);
  s_.in_flight -= ticket.slots;
  s_.since_signal = std::min(s_.since_signal + ticket.slots, 2 * size_);
}

void PackedQueue::publish() RT {
  if (!s_.held) return;
  s_.held = false;
  store_word<std::uint16_t>(flags(s_.held_index), s_.held_flags, std::memory_order_release);
}

/// Whether the descriptor of the event is one of the last `pushed`. Positions are counted over two
/// rounds of the ring, so that the wrap counter is part of them. The driver may write any offset.
bool PackedQueue::passed(std::uint16_t off_wrap, std::uint32_t pushed) const RT {
  const std::uint32_t round = 2 * size_;
  const auto linear = [this](std::uint32_t index, bool wrap) { return index + (wrap ? 0 : size_); };
  const std::uint32_t event = linear(EventOffset::get(off_wrap), EventWrap::get(off_wrap)) % round;
  const std::uint32_t end = linear(s_.used.index, s_.used.wrap);
  return (end + round - 1 - event) % round < pushed;
}

/// 2.8.10, 2.8.15. The fence is between our elements and the driver's wish.
bool PackedQueue::needs_interrupt() RT {
  publish();
  const std::uint32_t pushed = s_.since_signal;
  if (pushed == 0) return false;
  s_.since_signal = 0;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  const auto event = load_word<std::uint32_t>(driver_event_);
  if (Event::flags::get(event) == Event::disable) return false;
  if (Event::flags::get(event) != Event::at_descriptor || !event_idx_) return true;
  return passed(Event::off_wrap::get(event), pushed);
}

void PackedQueue::disable_kicks() RT {
  store_word<std::uint32_t>(device_event_, Event::flags::set(0, Event::disable));
}

bool PackedQueue::enable_kicks() RT {
  if (s_.fault != Fault::none) return false;
  std::uint32_t event = Event::flags::set(0, Event::enable);
  if (event_idx_) {
    const std::uint16_t at = EventWrap::set(s_.avail.index, s_.avail.wrap);
    event = Event::off_wrap::set(Event::flags::set(0, Event::at_descriptor), at);
  }
  store_word<std::uint32_t>(device_event_, event);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return available();
}

}  // namespace takt::virtio
