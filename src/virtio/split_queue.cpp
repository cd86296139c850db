// SPDX-License-Identifier: Apache-2.0
#include "virtio/split_queue.h"

#include <bit>

#include "base/bits.h"
#include "virtio/features.h"

namespace takt::virtio {
namespace {

constexpr std::uint16_t no_interrupt = 1;  // avail flags, 2.7.6
constexpr std::uint16_t no_notify = 1;     // used flags, 2.7.8

/// struct virtq_used_elem.
struct UsedElem {
  std::uint32_t id = 0;
  std::uint32_t len = 0;
};
static_assert(sizeof(UsedElem) == 8);

}  // namespace

bool SplitQueue::enable(const GuestMem& mem, const QueueLayout& layout, std::uint64_t features) RT {
  if (!std::has_single_bit(layout.size) || layout.size > most_size) return false;
  if (!is_aligned(layout.desc.raw(), 16) || !is_aligned(layout.driver.raw(), 2) ||
      !is_aligned(layout.device.raw(), 4))
    return false;
  const bool event_idx = (features & feature::event_idx) != 0;
  const std::uint64_t tail = event_idx ? 2 : 0;
  const std::uint64_t size = layout.size;
  const auto desc = mem.slice(layout.desc, size * desc_bytes);
  const auto avail = mem.slice(layout.driver, 4 + size * 2 + tail);
  const auto used = mem.slice(layout.device, 4 + size * 8 + tail);
  if (!desc || !avail || !used) return false;
  *this = SplitQueue{};
  mask_ = static_cast<std::uint16_t>(layout.size - 1);
  size_ = layout.size;
  indirect_ = (features & feature::indirect_desc) != 0;
  event_idx_ = event_idx;
  mem_ = &mem;
  desc_ = desc->data();
  avail_ = avail->data();
  used_ = used->data();
  return true;
}

Pop SplitQueue::fail(Fault fault) RT {
  s_.fault = fault;
  avail_end_ = s_.next_avail;
  return Pop::broken;
}

/// Whether there is something to pop. Acquire: what the driver wrote before the index is seen.
bool SplitQueue::look() RT {
  if (s_.fault != Fault::none) return false;
  const auto end = load_word<std::uint16_t>(avail_idx(), std::memory_order_acquire);
  if (static_cast<std::uint16_t>(end - s_.next_avail) > size_) {
    static_cast<void>(fail(Fault::avail_index));
    return false;
  }
  avail_end_ = end;
  return end != s_.next_avail;
}

Pop SplitQueue::pop(Chain& chain) RT {
  if (s_.next_avail == avail_end_ && !look())
    return s_.fault == Fault::none ? Pop::none : Pop::broken;
  if (s_.in_flight == size_) [[unlikely]]
    return fail(Fault::in_flight);
  const auto head = load_word<std::uint16_t>(avail_entry(s_.next_avail & mask_));
  if (const Fault fault = walk(chain, head); fault != Fault::none) [[unlikely]]
    return fail(fault);
  chain.ticket_ = {.id = head, .slots = 1};
  ++s_.next_avail;
  ++s_.in_flight;
  return Pop::chain;
}

Fault SplitQueue::walk(Chain& chain, std::uint16_t head) const RT {
  chain.clear();
  std::uint16_t at = head;
  for (std::uint32_t steps = 0; steps < size_; ++steps) {
    if (at >= size_) return Fault::desc_index;
    const auto desc = load_desc<SplitDesc>(desc_ + at * desc_bytes);
    if ((desc.flags & desc_flag::indirect) != 0) return walk_indirect(chain, desc);
    const bool writable = (desc.flags & desc_flag::write) != 0;
    if (const Fault fault = chain.add(*mem_, Gpa{desc.addr}, desc.len, writable);
        fault != Fault::none)
      return fault;
    if ((desc.flags & desc_flag::next) == 0) return Fault::none;
    at = desc.next;
  }
  return Fault::too_long;
}

/// 2.7.5.3. A table may be longer than the queue: Linux makes such.
Fault SplitQueue::walk_indirect(Chain& chain, const SplitDesc& table) const RT {
  if (!indirect_ || (table.flags & desc_flag::next) != 0) return Fault::indirect;
  if (table.len == 0 || table.len % desc_bytes != 0) return Fault::indirect;
  const auto entries = mem_->slice(Gpa{table.addr}, table.len);
  if (!entries) return Fault::not_ram;
  const std::uint32_t count = table.len / desc_bytes;
  std::uint32_t at = 0;
  for (std::uint32_t steps = 0; steps < count; ++steps) {
    if (at >= count) return Fault::desc_index;
    const auto desc = load_desc<SplitDesc>(entries->data() + std::size_t{at} * desc_bytes);
    if ((desc.flags & desc_flag::indirect) != 0) return Fault::indirect;
    const bool writable = (desc.flags & desc_flag::write) != 0;
    if (const Fault fault = chain.add(*mem_, Gpa{desc.addr}, desc.len, writable);
        fault != Fault::none)
      return fault;
    if ((desc.flags & desc_flag::next) == 0) return Fault::none;
    at = desc.next;
  }
  return Fault::too_long;
}

void SplitQueue::undo_pop(ChainTicket) RT {
  if (s_.in_flight == 0 || s_.fault != Fault::none) return;
  --s_.in_flight;
  --s_.next_avail;
}

void SplitQueue::push(ChainTicket ticket, std::uint32_t written) RT {
  if (s_.in_flight == 0) return;
  const UsedElem elem{.id = ticket.id, .len = written};
  std::memcpy(used_entry(s_.next_used & mask_), &elem, sizeof elem);  // aligned to 4 only
  ++s_.next_used;
  --s_.in_flight;
}

void SplitQueue::publish() RT {
  if (s_.published == s_.next_used) return;
  s_.published = s_.next_used;
  store_word<std::uint16_t>(used_idx(), s_.published, std::memory_order_release);
}

/// 2.7.7.2. The fence is between our index and the driver's wish; the driver has one between its
/// wish and its look at our index.
bool SplitQueue::needs_interrupt() RT {
  publish();
  const auto pushed = static_cast<std::uint16_t>(s_.published - s_.signalled);
  if (pushed == 0) return false;
  s_.signalled = s_.published;
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!event_idx_) return (load_word<std::uint16_t>(avail_) & no_interrupt) == 0;
  const auto event = load_word<std::uint16_t>(used_event());
  return static_cast<std::uint16_t>(s_.published - event - 1) < pushed;
}

/// 2.7.10. With the event index flags stay 0: the event is left behind, and is not passed again
/// before the index has gone round.
void SplitQueue::disable_kicks() RT {
  if (!event_idx_) store_word<std::uint16_t>(used_, no_notify);
}

bool SplitQueue::enable_kicks() RT {
  if (s_.fault != Fault::none) return false;
  if (event_idx_)
    store_word<std::uint16_t>(avail_event(), s_.next_avail);
  else
    store_word<std::uint16_t>(used_, 0);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  return s_.next_avail != avail_end_ || look() || s_.fault != Fault::none;
}

}  // namespace takt::virtio
