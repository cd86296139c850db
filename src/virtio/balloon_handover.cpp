// SPDX-License-Identifier: Apache-2.0
#include "virtio/balloon_handover.h"

#include <functional>

#include "base/bits.h"

namespace takt::virtio {

bool BalloonHandover::add(std::uint32_t pfn) RT {
  const Gpa page{pfn * page_bytes};
  if (!mem_.slice(page, page_bytes)) {
    ++counters_.bad_pages;
    return true;
  }
  if (join(page)) return true;
  if (!flush()) return false;
  start_ = page;
  bytes_ = page_bytes;
  return true;
}

/// Drivers give pages upwards or downwards.
bool BalloonHandover::join(Gpa page) RT {
  if (bytes_ == 0) return false;
  const bool above = page == start_ + bytes_;
  if (!above && page + page_bytes != start_) return false;
  const Gpa start = above ? start_ : page;
  if (!mem_.slice(start, bytes_ + page_bytes)) return false;
  start_ = start;
  bytes_ += page_bytes;
  return true;
}

bool BalloonHandover::flush() RT {
  if (bytes_ != 0 && !give(start_, bytes_)) return false;
  bytes_ = 0;
  return true;
}

/// A buffer of a chain is within one region, by which its address is found again.
bool BalloonHandover::add(const iovec& buffer) RT {
  if (!flush()) return false;
  const auto* at = static_cast<const std::byte*>(buffer.iov_base);
  for (const RamRegion& region : mem_.regions()) {
    const std::byte* begin = region.host.data();
    if (std::less{}(at, begin) || !std::less{}(at, begin + region.host.size())) continue;
    const auto offset = static_cast<std::uint64_t>(at - begin);
    const std::uint64_t first = align_up(region.start.raw() + offset, page_bytes);
    const std::uint64_t end =
        (region.start.raw() + offset + buffer.iov_len) / page_bytes * page_bytes;
    if (first >= end) break;
    return give(Gpa{first}, end - first);
  }
  ++counters_.bad_pages;
  return true;
}

bool BalloonHandover::give(Gpa start, std::uint64_t bytes) RT {
  if (!returner_.give(start, bytes)) return false;
  ++given_;
  ++counters_.ranges;
  counters_.pages += bytes / page_bytes;
  return true;
}

}  // namespace takt::virtio
