// SPDX-License-Identifier: Apache-2.0
#include "virtio/chain.h"

#include <algorithm>
#include <cstring>

#include "virtio/pieces.h"

namespace takt::virtio {

std::size_t Chain::read(std::uint64_t offset, std::span<std::byte> to) const RT {
  return for_range(
      readable(), offset, to.size(), [to](const std::byte* from, std::size_t n, std::size_t done) {
        std::memcpy(to.data() + done, from, n);
        std::atomic_signal_fence(std::memory_order_seq_cst);  // the copy is used, not the guest's
      });
}

std::size_t Chain::write(std::uint64_t offset, std::span<const std::byte> from) const RT {
  return for_range(writable(), offset, from.size(),
                   [from](std::byte* to, std::size_t n, std::size_t done) {
                     std::memcpy(to, from.data() + done, n);
                   });
}

void Chain::clear() RT {
  count_ = readable_ = descriptors_ = 0;
  bytes_ = readable_bytes_ = 0;
  writable_seen_ = false;
}

Fault Chain::add(const GuestMem& mem, Gpa addr, std::uint32_t len, bool writable) RT {
  if (descriptors_ == most_pieces) return Fault::too_long;
  if (writable_seen_ && !writable) return Fault::order;
  if (most_bytes - bytes_ < len) return Fault::bytes;
  ++descriptors_;
  writable_seen_ = writable;
  if (len == 0) return Fault::none;
  const auto slice = mem.slice(addr, len);
  if (!slice) return Fault::not_ram;
  pieces_[count_++] = {slice->data(), len};
  bytes_ += len;
  if (writable) return Fault::none;
  readable_ = count_;
  readable_bytes_ = bytes_;
  return Fault::none;
}

}  // namespace takt::virtio
