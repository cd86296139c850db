// SPDX-License-Identifier: Apache-2.0
// Pages on their way from a balloon to the host: checked to be RAM, neighbours put together, handed
// over as ranges (bus/page_returner.h).
#pragma once

#include <sys/uio.h>

#include <cstdint>

#include "base/rt.h"
#include "bus/guest_mem.h"
#include "bus/page_returner.h"

namespace takt::virtio {

class BalloonHandover {
 public:
  static constexpr std::uint64_t page_bytes = 4096;

  struct Counters {
    std::uint64_t pages = 0;  // handed over
    std::uint64_t ranges = 0;
    std::uint64_t bad_pages = 0;  // not RAM, or not a whole page: left alone
  };

  BalloonHandover(const GuestMem& mem, PageReturner& returner)
      : mem_{mem}, returner_{returner}, given_{returner.done()} {}

  /// The page joins those that wait to be handed over, when it is next to them; otherwise these go
  /// first. False when they could not: the page was not taken, and there is a bell to come.
  [[nodiscard]] bool add(std::uint32_t pfn) RT;
  /// The same for all whole pages of a buffer, which go at once.
  [[nodiscard]] bool add(const iovec& buffer) RT;
  /// Hands over what waits.
  [[nodiscard]] bool flush() RT;
  /// Forgets what waits.
  void drop() RT { bytes_ = 0; }

  [[nodiscard]] std::uint64_t given() const RT { return given_; }
  /// Whether the first `count` of the ranges given have been dealt with.
  [[nodiscard]] bool done(std::uint64_t count) const RT { return returner_.done() >= count; }
  [[nodiscard]] bool all_done() const RT { return done(given_); }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

 private:
  [[nodiscard]] bool join(Gpa page) RT;
  [[nodiscard]] bool give(Gpa start, std::uint64_t bytes) RT;

  const GuestMem& mem_;
  PageReturner& returner_;
  Gpa start_;  // what waits: bytes_ at start_, RAM of one region
  std::uint64_t bytes_ = 0;
  std::uint64_t given_;
  Counters counters_;
};

}  // namespace takt::virtio
