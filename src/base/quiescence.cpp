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

Quiescence::Mark Quiescence::mark() const {
  Mark mark;
  for (const Reader& reader : readers_) {
    const std::uint64_t seen = reader.word_.load(std::memory_order_seq_cst);
    mark.words.push_back(seen % 2 == 0 ? 0 : seen);
  }
  return mark;
}

bool Quiescence::has_passed(const Mark& mark) const {
  for (std::size_t n = 0; n < readers_.size(); ++n)
    if (mark.words[n] != 0 && readers_[n].word_.load(std::memory_order_acquire) == mark.words[n])
      return false;
  return true;
}

}  // namespace takt
