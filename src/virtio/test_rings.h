// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers: guest RAM, and the driver's side of one virtqueue in either format.
// test_driver.h has what tests of device models want; this is for tests of rings.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "bus/guest_mem.h"
#include "virtio/features.h"
#include "virtio/ring.h"

namespace takt::virtio::fakes {

/// RAM from `start` on; addresses below it are not RAM. alloc() gives zeroed pieces, one after the
/// other, and takes back all behind a mark.
class TestMemory {
 public:
  static constexpr Gpa start{0x10'0000};
  explicit TestMemory(std::size_t bytes = 4 << 20) : bytes_(bytes), mem_{{{start, bytes_}}} {}
  TestMemory(const TestMemory&) = delete;
  TestMemory& operator=(const TestMemory&) = delete;

  [[nodiscard]] const GuestMem& guest() const { return mem_; }
  [[nodiscard]] std::span<std::byte> all() { return bytes_; }
  [[nodiscard]] std::span<std::byte> at(Gpa gpa, std::size_t n) { return *mem_.slice(gpa, n); }

  [[nodiscard]] bool has_room(std::size_t n) const { return bytes_.size() - next_ >= n + 64; }
  [[nodiscard]] Gpa alloc(std::size_t n, std::size_t align = 16) {
    next_ = (next_ + align - 1) / align * align;
    const Gpa gpa = start + next_;
    std::ranges::fill(at(gpa, n), std::byte{0});
    next_ += n;
    return gpa;
  }
  [[nodiscard]] std::size_t mark() const { return next_; }
  void free_to(std::size_t mark) { next_ = mark; }

  /// Aligned words are atomic, in one order with all others: a ring's driver may be a thread.
  template <class T>
  [[nodiscard]] T load(Gpa gpa) const {
    if constexpr (is_word<T>)
      if (gpa.raw() % sizeof(T) == 0)
        return load_word<T>(mem_.slice(gpa, sizeof(T))->data(), std::memory_order_seq_cst);
    return *mem_.load<T>(gpa);
  }
  template <class T>
  void store(Gpa gpa, T value) {
    if constexpr (is_word<T>)
      if (gpa.raw() % sizeof(T) == 0)
        return store_word<T>(at(gpa, sizeof(T)).data(), value, std::memory_order_seq_cst);
    static_cast<void>(mem_.store(gpa, value));
  }

 private:
  template <class T>
  static constexpr bool is_word = std::is_integral_v<T> && sizeof(T) <= 4;

  std::vector<std::byte> bytes_;
  GuestMem mem_;
  std::size_t next_ = 0;
};

/// A buffer that the driver offers.
struct Piece {
  Gpa addr;
  std::uint32_t len = 0;
  bool writable = false;
};

struct Used {
  std::uint16_t id = 0;
  std::uint32_t len = 0;
  bool operator==(const Used&) const = default;
};

/// Whether `event` is in the `n` steps that end at `end` (2.7.7.2).
[[nodiscard]] inline bool event_passed(std::uint16_t event, std::uint16_t end, std::uint16_t n) {
  return static_cast<std::uint16_t>(end - event - 1) < n;
}

/// post() offers a chain at once; nullopt when there are not enough descriptors. used() takes the
/// next one that came back. kick_wanted() says whether the device is to be notified of what was
/// posted since it was last asked.
class TestSplitRing {
 public:
  static constexpr std::uint64_t features = 0;

  TestSplitRing(TestMemory& memory, std::uint16_t size, std::uint64_t negotiated)
      : memory_{&memory}, event_idx_{(negotiated & feature::event_idx) != 0} {
    layout_ = {size, memory.alloc(size * 16u, 16), memory.alloc(6 + size * 2u, 2),
               memory.alloc(6 + size * 8u, 4)};
    for (std::uint16_t i = size; i > 0; --i) free_.push_back(static_cast<std::uint16_t>(i - 1));
  }
  [[nodiscard]] const QueueLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t room() const { return free_.size(); }

  std::optional<std::uint16_t> post(std::span<const Piece> pieces) {
    if (pieces.empty() || free_.size() < pieces.size()) return std::nullopt;
    std::vector<std::uint16_t> taken(free_.rbegin(), free_.rbegin() + std::ssize(pieces));
    free_.resize(free_.size() - pieces.size());
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool last = i + 1 == pieces.size();
      set_desc(taken[i], {.addr = pieces[i].addr.raw(),
                          .len = pieces[i].len,
                          .flags = flags_of(pieces[i], !last),
                          .next = last ? std::uint16_t{0} : taken[i + 1]});
    }
    const std::uint16_t head = taken[0];
    chains_[head] = std::move(taken);
    offer(head);
    return head;
  }
  std::optional<std::uint16_t> post_indirect(std::span<const Piece> pieces) {
    if (pieces.empty() || free_.empty()) return std::nullopt;
    const auto bytes = static_cast<std::uint32_t>(pieces.size() * 16);
    const Gpa table = memory_->alloc(bytes);
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      const bool last = i + 1 == pieces.size();
      memory_->store(table + i * 16,
                     SplitDesc{.addr = pieces[i].addr.raw(),
                               .len = pieces[i].len,
                               .flags = flags_of(pieces[i], !last),
                               .next = static_cast<std::uint16_t>(last ? 0 : i + 1)});
    }
    return post_table(table, bytes);
  }
  /// A table of this length at this place, whatever is there.
  std::optional<std::uint16_t> post_table(Gpa table, std::uint32_t bytes) {
    const std::uint16_t head = free_.back();
    free_.pop_back();
    set_desc(head, {.addr = table.raw(), .len = bytes, .flags = desc_flag::indirect, .next = 0});
    chains_[head] = {head};
    offer(head);
    return head;
  }

  std::optional<Used> used() {
    if (memory_->load<std::uint16_t>(layout_.device + 2) == next_used_) return std::nullopt;
    const Gpa elem = layout_.device + 4 + 8u * (next_used_ % layout_.size);
    const Used got{static_cast<std::uint16_t>(memory_->load<std::uint32_t>(elem)),
                   memory_->load<std::uint32_t>(elem + 4)};
    ++next_used_;
    if (const auto found = chains_.find(got.id); found != chains_.end()) {
      free_.insert(free_.end(), found->second.begin(), found->second.end());
      chains_.erase(found);
    }
    return got;
  }

  [[nodiscard]] bool kick_wanted() {
    const auto posted = static_cast<std::uint16_t>(next_avail_ - kicked_);
    kicked_ = next_avail_;
    if (posted == 0) return false;
    if (!event_idx_) return memory_->load<std::uint16_t>(layout_.device) == 0;
    const auto event = memory_->load<std::uint16_t>(layout_.device + 4 + 8u * layout_.size);
    return event_passed(event, next_avail_, posted);
  }
  /// Whether the device may interrupt; with the event index, only from the `after`th used chain on
  /// that is not collected yet.
  void want_interrupts(bool want, std::uint16_t after = 1) {
    if (!event_idx_) return memory_->store<std::uint16_t>(layout_.driver, want ? 0 : 1);
    const auto event = static_cast<std::uint16_t>(want ? next_used_ + after - 1 : next_used_ - 1);
    memory_->store<std::uint16_t>(layout_.driver + 4 + 2u * layout_.size, event);
  }

  // --- to make what a driver must not ---
  void set_desc(std::uint16_t i, const SplitDesc& desc) {
    memory_->store(layout_.desc + i * 16u, desc);
  }
  /// Puts `head` into the available ring.
  void offer(std::uint16_t head) {
    memory_->store(layout_.driver + 4 + 2u * (next_avail_ % layout_.size), head);
    set_avail_idx(++next_avail_);
  }
  void set_avail_idx(std::uint16_t idx) {
    next_avail_ = idx;
    memory_->store(layout_.driver + 2, idx);
  }
  [[nodiscard]] std::uint16_t used_idx() const {
    return memory_->load<std::uint16_t>(layout_.device + 2);
  }

 private:
  static std::uint16_t flags_of(const Piece& piece, bool next) {
    return static_cast<std::uint16_t>((piece.writable ? desc_flag::write : 0) |
                                      (next ? desc_flag::next : 0));
  }

  TestMemory* memory_;
  bool event_idx_;
  QueueLayout layout_;
  std::vector<std::uint16_t> free_;
  std::map<std::uint16_t, std::vector<std::uint16_t>> chains_;
  std::uint16_t next_avail_ = 0;
  std::uint16_t kicked_ = 0;
  std::uint16_t next_used_ = 0;
};

class TestPackedRing {
 public:
  static constexpr std::uint64_t features = feature::ring_packed;

  TestPackedRing(TestMemory& memory, std::uint16_t size, std::uint64_t negotiated)
      : memory_{&memory}, event_idx_{(negotiated & feature::event_idx) != 0}, room_{size} {
    layout_ = {size, memory.alloc(size * 16u, 16), memory.alloc(4, 4), memory.alloc(4, 4)};
    for (std::uint16_t i = size; i > 0; --i) free_ids_.push_back(static_cast<std::uint16_t>(i - 1));
  }
  [[nodiscard]] const QueueLayout& layout() const { return layout_; }
  [[nodiscard]] std::size_t room() const { return room_; }

  std::optional<std::uint16_t> post(std::span<const Piece> pieces) {
    if (pieces.empty() || room_ < pieces.size()) return std::nullopt;
    std::vector<PackedDesc> descs;
    for (const Piece& piece : pieces)
      descs.push_back({.addr = piece.addr.raw(),
                       .len = piece.len,
                       .id = 0,
                       .flags = piece.writable ? desc_flag::write : std::uint16_t{0}});
    for (std::size_t i = 0; i + 1 < descs.size(); ++i) descs[i].flags |= desc_flag::next;
    return offer_as_new(descs);
  }
  std::optional<std::uint16_t> post_indirect(std::span<const Piece> pieces) {
    if (pieces.empty() || room_ == 0) return std::nullopt;
    const auto bytes = static_cast<std::uint32_t>(pieces.size() * 16);
    const Gpa table = memory_->alloc(bytes);
    for (std::size_t i = 0; i < pieces.size(); ++i)
      memory_->store(table + i * 16,
                     PackedDesc{.addr = pieces[i].addr.raw(),
                                .len = pieces[i].len,
                                .id = 0,
                                .flags = pieces[i].writable ? desc_flag::write : std::uint16_t{0}});
    return post_table(table, bytes);
  }
  /// A table of this length at this place, whatever is there.
  std::optional<std::uint16_t> post_table(Gpa table, std::uint32_t bytes) {
    PackedDesc desc{.addr = table.raw(), .len = bytes, .id = 0, .flags = desc_flag::indirect};
    return offer_as_new({&desc, 1});
  }

  std::optional<Used> used() {
    const Gpa at = layout_.desc + next_used_ * 16u;
    const auto flags = memory_->load<std::uint16_t>(at + 14);
    const bool avail = (flags & desc_flag::avail) != 0;
    const bool is_used = (flags & desc_flag::used) != 0;
    if (avail != used_wrap_ || is_used != used_wrap_) return std::nullopt;
    const auto desc = memory_->load<PackedDesc>(at);
    const auto found = slots_.find(desc.id);
    if (found == slots_.end()) return std::nullopt;  // scribbled upon
    const std::uint16_t slots = found->second;
    slots_.erase(found);
    free_ids_.push_back(desc.id);
    room_ += slots;
    next_used_ = static_cast<std::uint16_t>(next_used_ + slots);
    if (next_used_ >= layout_.size) {
      next_used_ = static_cast<std::uint16_t>(next_used_ - layout_.size);
      used_wrap_ = !used_wrap_;
    }
    return Used{desc.id, (desc.flags & desc_flag::write) != 0 ? desc.len : 0};
  }

  [[nodiscard]] bool kick_wanted() {
    const std::uint16_t posted = posted_;
    posted_ = 0;
    if (posted == 0) return false;
    const auto event = memory_->load<std::uint32_t>(layout_.device);
    const std::uint32_t flags = event >> 16 & 3;
    if (flags != 2) return flags == 0;
    // The event's distance behind the next place, over two rounds of the ring.
    const auto linear = [this](std::uint32_t i, bool wrap) { return wrap ? i : i + layout_.size; };
    const std::uint32_t at = linear(event & 0x7fff, (event & 0x8000) != 0);
    const std::uint32_t end = linear(next_avail_, avail_wrap_);
    return (end + 2u * layout_.size - 1 - at) % (2u * layout_.size) < posted;
  }
  /// `after` counts descriptors of the ring here.
  void want_interrupts(bool want, std::uint16_t after = 1) {
    if (!want) return memory_->store<std::uint32_t>(layout_.driver, 1u << 16);
    if (!event_idx_) return memory_->store<std::uint32_t>(layout_.driver, 0);
    std::uint32_t at = next_used_ + after - 1u;
    bool wrap = used_wrap_;
    if (at >= layout_.size) {
      at -= layout_.size;
      wrap = !wrap;
    }
    memory_->store<std::uint32_t>(layout_.driver, 2u << 16 | (wrap ? 0x8000u : 0u) | at);
  }

  // --- to make what a driver must not ---
  /// As they are, with the flags that make them available; the id of the last is the chain's.
  void offer(std::span<const PackedDesc> descs) {
    const Gpa first = layout_.desc + next_avail_ * 16u;
    std::uint16_t first_flags = 0;
    for (std::size_t i = 0; i < descs.size(); ++i) {
      const PackedDesc& desc = descs[i];
      const Gpa at = layout_.desc + next_avail_ * 16u;
      const std::uint16_t available = avail_wrap_ ? desc_flag::avail : desc_flag::used;
      const auto flags = static_cast<std::uint16_t>(desc.flags | available);
      memory_->store(at, desc.addr);
      memory_->store(at + 8, desc.len);
      memory_->store(at + 12, desc.id);
      if (i == 0)
        first_flags = flags;
      else
        memory_->store(at + 14, flags);
      ++posted_;
      if (++next_avail_ == layout_.size) {
        next_avail_ = 0;
        avail_wrap_ = !avail_wrap_;
      }
    }
    memory_->store(first + 14, first_flags);
  }

 private:
  std::optional<std::uint16_t> offer_as_new(std::span<PackedDesc> descs) {
    const std::uint16_t id = free_ids_.back();
    free_ids_.pop_back();
    for (PackedDesc& desc : descs) desc.id = id;
    slots_[id] = static_cast<std::uint16_t>(descs.size());
    room_ -= descs.size();
    offer(descs);
    return id;
  }

  TestMemory* memory_;
  bool event_idx_;
  QueueLayout layout_;
  std::size_t room_;
  std::vector<std::uint16_t> free_ids_;
  std::map<std::uint16_t, std::uint16_t> slots_;
  std::uint16_t next_avail_ = 0;
  std::uint16_t next_used_ = 0;
  std::uint16_t posted_ = 0;
  bool avail_wrap_ = true;
  bool used_wrap_ = true;
};

}  // namespace takt::virtio::fakes
