// SPDX-License-Identifier: Apache-2.0
// For fuzzers of device models: the input as a sequence of decisions, and their invariants.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <span>

#include "virtio/test_driver.h"

namespace takt::virtio::fakes {

inline void require(bool condition, std::source_location at = std::source_location::current()) {
  if (condition) return;
  std::fprintf(stderr, "%s:%u: does not hold\n", at.file_name(), unsigned{at.line()});
  std::abort();
}

/// Zeroes when there is no more.
class FuzzInput {
 public:
  explicit FuzzInput(std::span<const std::uint8_t> data) : data_{data} {}
  [[nodiscard]] bool empty() const { return data_.empty(); }
  std::uint8_t byte() {
    if (data_.empty()) return 0;
    const std::uint8_t value = data_.front();
    data_ = data_.subspan(1);
    return value;
  }
  std::uint32_t word() {
    std::uint32_t value = 0;
    for (int i = 0; i < 4; ++i) value = value << 8 | byte();
    return value;
  }
  bool coin() { return (byte() & 1) != 0; }

 private:
  std::span<const std::uint8_t> data_;
};

/// A fuzzer's body: the first byte says the format of the rings, the rest is the trial's.
template <template <class> class Trial>
int run_trial(std::span<const std::uint8_t> data) {
  FuzzInput input{data};
  if (input.coin())
    Trial<Split>{input}.run();
  else
    Trial<Packed>{input}.run();
  return 0;
}

}  // namespace takt::virtio::fakes
