// SPDX-License-Identifier: Apache-2.0
#include "common/histogram.h"

#include <algorithm>

namespace probe {

void Histogram::record(std::uint64_t value) {
  ++counts_[index(value)];
  ++count_;
  sum_ += value;
  min_ = std::min(min_, value);
  max_ = std::max(max_, value);
}

std::uint64_t Histogram::quantile(unsigned permille) const {
  const std::uint64_t rank = (count_ * permille + 999) / 1000;
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i + 1 < buckets; ++i) {
    seen += counts_[i];
    if (seen != 0 && seen >= rank) return std::min(lower(i + 1) - 1, max_);
  }
  return max_;
}

}  // namespace probe
