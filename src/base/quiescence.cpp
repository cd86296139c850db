// SPDX-License-Identifier: Apache-2.0
#include "base/quiescence.h"

#include <ctime>

namespace takt {
namespace {

void sleep_100_us() {
  constexpr timespec pause{.tv_sec = 0, .tv_nsec = 100'000};
  ::nanosleep(&pause, nullptr);
}

}  // namespace

void Quiescence::wait() const {
  for (const Reader& reader : readers_) {
    const std::uint64_t seen = reader.word_.load(std::memory_order_seq_cst);
    if (seen % 2 == 0) continue;
    while (reader.word_.load(std::memory_order_acquire) == seen) sleep_100_us();
  }
}

}  // namespace takt
