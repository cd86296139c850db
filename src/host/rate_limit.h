// SPDX-License-Identifier: Apache-2.0
// A limit of operations and bytes per second: two token buckets, kept as the time at which each
// would be full again (the generic cell rate algorithm). A pure function of the times it is given.
#pragma once

#include <cstdint>
#include <optional>

#include "base/rt.h"

namespace takt {

struct RateLimits {
  std::uint64_t ops_per_s = 0;  // 0: no limit; as the next
  std::uint64_t bytes_per_s = 0;
  std::int64_t burst_ns = 100'000'000;  // what was left unused that long may be made up for at once
};

class RateLimit {
 public:
  explicit RateLimit(const RateLimits& limits)
      : ops_{.per_s = limits.ops_per_s},
        bytes_{.per_s = limits.bytes_per_s},
        burst_ns_{limits.burst_ns} {}

  /// Takes one operation of `bytes`. Nothing: it is taken; what is larger than the burst is taken
  /// too, and waited for afterwards. Otherwise it is not, and the time to try again. `now_ns` does
  /// not go back.
  [[nodiscard]] std::optional<std::int64_t> take(std::int64_t now_ns, std::uint64_t bytes) RT;

 private:
  struct Bucket {
    std::uint64_t per_s = 0;
    std::int64_t full_at_ns = 0;
    void spend(std::int64_t now_ns, std::uint64_t amount) RT;
  };
  Bucket ops_;
  Bucket bytes_;
  std::int64_t burst_ns_;
};

}  // namespace takt
