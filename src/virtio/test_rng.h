// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of the entropy device.
#pragma once

#include <algorithm>
#include <optional>

#include "bus/alarm.h"
#include "bus/clock.h"
#include "bus/entropy_source.h"

namespace takt::virtio::fakes {

/// Gives byte(0), byte(1) ... until `left` are gone.
struct FakeEntropy final : EntropySource {
  [[nodiscard]] static std::byte byte(std::size_t n) { return std::byte(n * 5 + 3); }
  std::size_t fill(std::span<std::byte> to) RT override {
    const std::size_t n = std::min(to.size(), left);
    for (std::size_t i = 0; i < n; ++i) to[i] = byte(given + i);
    given += n;
    left -= n;
    return n;
  }
  std::size_t given = 0;
  std::size_t left = ~std::size_t{0};
};

struct StoppedClock final : Clock {
  std::int64_t realtime_ns() const RT override { return ns; }
  std::int64_t ns = 1'700'000'000'000'000'000;
};

struct LastAlarm final : Alarm {
  void arm(std::int64_t deadline_ns) RT override { deadline = deadline_ns; }
  void disarm() RT override { deadline.reset(); }
  std::optional<std::int64_t> deadline;
};

}  // namespace takt::virtio::fakes
