// SPDX-License-Identifier: Apache-2.0
#include "host/rate_limit.h"

#include <algorithm>

namespace takt {
namespace {

constexpr std::uint64_t second_ns = 1'000'000'000;
/// Of one operation: the product with second_ns has 64 bits.
constexpr std::uint64_t most_amount = std::uint64_t{1} << 33;

}  // namespace

/// Rounded up: a limit is a limit.
void RateLimit::Bucket::spend(std::int64_t now_ns, std::uint64_t amount) RT {
  if (per_s == 0) return;
  const std::uint64_t cost = std::min(amount, most_amount) * second_ns;
  const std::uint64_t cost_ns = cost / per_s + (cost % per_s != 0 ? 1 : 0);
  constexpr std::uint64_t most_ns = 3600 * second_ns;
  full_at_ns = std::max(full_at_ns, now_ns) + static_cast<std::int64_t>(std::min(cost_ns, most_ns));
}

std::optional<std::int64_t> RateLimit::take(std::int64_t now_ns, std::uint64_t bytes) RT {
  const std::int64_t ready_at_ns = std::max(ops_.full_at_ns, bytes_.full_at_ns) - burst_ns_;
  if (ready_at_ns > now_ns) return ready_at_ns;
  ops_.spend(now_ns, 1);
  bytes_.spend(now_ns, bytes);
  return std::nullopt;
}

}  // namespace takt
