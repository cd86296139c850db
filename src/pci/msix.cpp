// SPDX-License-Identifier: Apache-2.0
// Between the vCPUs that write the table, the server that fires and the one that routes all orders
// are sequentially consistent: each first stores its own, then looks at the others'.
#include "pci/msix.h"

#include <algorithm>
#include <bit>

#include "base/bits.h"
#include "pci/upkeep.h"

namespace takt::pci {
namespace {

constexpr std::uint64_t entry_bytes = 16;

/// 6.8.2.3.
struct Control {
  using enable = Field<15, 15, std::uint16_t, bool>;
  using function_mask = Field<14, 14, std::uint16_t, bool>;
};

}  // namespace

std::uint64_t Msix::bar_bytes(std::size_t vectors) {
  return std::bit_ceil(std::max<std::uint64_t>(vectors * entry_bytes, 2_KiB)) * 2;
}

Msix::Msix(std::vector<MsiVector*> vectors, Upkeep& upkeep, unsigned slot)
    : sinks_{std::move(vectors)}, entries_(sinks_.size()), upkeep_{upkeep}, slot_{slot} {}

MsiMessage Msix::Entry::message() const RT {
  return {.address = std::uint64_t{address_high} << 32 | address_low, .data = data};
}

bool Msix::is_open(const Entry& entry) const RT {
  return enabled_ && !function_masked_ && !entry.masked;
}

bool Msix::may_go(const Entry& entry) const RT { return is_open(entry) && entry.ready; }

void Msix::go_if_pending(std::uint16_t vector) RT {
  Entry& entry = entries_[vector];
  if (may_go(entry) && entry.pending.exchange(false)) sinks_[vector]->fire();
}

void Msix::fire(std::uint16_t vector) RT {
  if (vector >= entries_.size() || !enabled_) return;
  entries_[vector].pending = true;
  go_if_pending(vector);
}

int Msix::event(std::uint16_t vector) const RT {
  return vector < sinks_.size() ? sinks_[vector]->event() : -1;
}

std::uint32_t Msix::read_table(std::uint64_t offset) const RT {
  const std::uint64_t vector = offset / entry_bytes;
  if (vector >= entries_.size()) return 0;
  const Entry& entry = entries_[vector];
  switch (offset % entry_bytes) {
    case 0: return entry.address_low;
    case 4: return entry.address_high;
    case 8: return entry.data;
    default: return entry.masked ? 1 : 0;
  }
}

std::uint32_t Msix::read_pending(std::uint64_t offset) const RT {
  std::uint32_t bits = 0;
  for (unsigned n = 0; n < 32; ++n) {
    const std::uint64_t vector = offset * 8 + n;
    if (vector < entries_.size() && entries_[vector].pending) bits |= 1u << n;
  }
  return bits;
}

std::uint64_t Msix::read(Access access) RT {
  const std::uint64_t half = bar_bytes(entries_.size()) / 2;
  const std::uint64_t word = access.offset & ~std::uint64_t{3};
  const std::uint32_t value = word < half ? read_table(word) : read_pending(word - half);
  return value >> (access.offset % 4 * 8);
}

/// Narrower accesses are undefined (6.8.2): they do nothing.
void Msix::write(Access access, std::uint64_t value) RT {
  if (access.width != Width::b4 || access.offset % 4 != 0) return;
  write_table(access.offset, static_cast<std::uint32_t>(value), access.from);
}

void Msix::write_table(std::uint64_t offset, std::uint32_t value, VcpuId from) RT {
  const auto vector = static_cast<std::uint16_t>(offset / entry_bytes);
  if (offset / entry_bytes >= entries_.size()) return;
  Entry& entry = entries_[vector];
  const auto change = [&](std::atomic<std::uint32_t>& field) {
    if (field.exchange(value) != value) entry.ready = false;
  };
  const bool mask = (value & 1) != 0;
  bool turned = false;
  switch (offset % entry_bytes) {
    case 0: change(entry.address_low); break;
    case 4: change(entry.address_high); break;
    case 8: change(entry.data); break;
    default: turned = entry.masked.exchange(mask) != mask; break;
  }
  if (turned && enabled_ && has_event(vector)) return upkeep_.ask_route(slot_, vector, from);
  if (!is_open(entry)) return;
  if (!entry.ready) return upkeep_.ask_route(slot_, vector, from);
  go_if_pending(vector);
}

bool Msix::write_control(std::uint16_t value) RT {
  const bool enable = Control::enable::get(value);
  if (!enable)
    for (Entry& entry : entries_) entry.pending = false;
  function_masked_ = Control::function_mask::get(value);
  enabled_ = enable;
  bool to_route = false;
  for (std::uint16_t vector = 0; vector < vectors(); ++vector) {
    to_route = to_route || has_to_be_routed(vector);
    go_if_pending(vector);
  }
  return to_route;
}

/// Whether route() would do something: it has a message that KVM does not have, or its eventfd
/// may go another way than before.
bool Msix::has_to_be_routed(std::uint16_t vector) const RT {
  const Entry& entry = entries_[vector];
  return has_event(vector) || (is_open(entry) && !entry.ready);
}

void Msix::route(std::uint16_t vector) {
  if (vector < entries_.size()) return route_one(vector);
  if (vector != all_vectors) return;
  for (std::uint16_t n = 0; n < vectors(); ++n)
    if (has_to_be_routed(n)) route_one(n);
}

void Msix::route_one(std::uint16_t vector) {
  Entry& entry = entries_[vector];
  if (!is_open(entry)) return sinks_[vector]->let_through(false);
  const MsiMessage message = entry.message();
  sinks_[vector]->set_message(message);
  entry.ready = true;
  if (entry.message() != message) entry.ready = false;  // written meanwhile: another request comes
  sinks_[vector]->let_through(true);
  go_if_pending(vector);
}

}  // namespace takt::pci
