// SPDX-License-Identifier: Apache-2.0
#include "dev/slow_device.h"

#include <algorithm>
#include <array>

namespace takt {

AccessRules SlowDevice::rules() const {
  // clang-format off
  static constexpr std::array<AccessRule, 6> rules{{
      {ns,    ns + 3,    Run::in_line,     Run::in_line},
      {post,  post + 3,  Run::in_line,     Run::posted},
      {ask,   ask + 3,   Run::synchronous, Run::synchronous},
      {count, count + 3, Run::in_line,     Run::in_line},
      {bell,  bell + 3,  Run::in_line,     Run::eventfd},
      {fault, fault + 3, Run::in_line,     Run::synchronous},
  }};
  // clang-format on
  return AccessRules{rules};
}

std::uint64_t SlowDevice::read(Access access) RT {
  switch (access.offset) {
    case ns: return ns_.load(std::memory_order_relaxed);
    case ask: job(); [[fallthrough]];
    case count: return count_.load(std::memory_order_relaxed);
    default: return 0;
  }
}

void SlowDevice::write(Access access, std::uint64_t value) RT {
  switch (access.offset) {
    case ns:
      return ns_.store(static_cast<std::uint32_t>(std::min<std::uint64_t>(value, longest_ns)),
                       std::memory_order_relaxed);
    case post:
    case ask:
    case bell: return job();
    case fault: pages_.touch(static_cast<unsigned>(value)); return job();
    default: return;
  }
}

void SlowDevice::job() RT {
  const std::int64_t end = clock_.realtime_ns() + ns_.load(std::memory_order_relaxed);
  while (clock_.realtime_ns() < end) continue;
  count_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace takt
