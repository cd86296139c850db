// SPDX-License-Identifier: Apache-2.0
#include "base/histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace takt {

std::uint64_t HistogramCopy::samples() const {
  return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0});
}

std::uint64_t HistogramCopy::percentile(double percent) const {
  const auto wanted = static_cast<std::uint64_t>(
      std::ceil(static_cast<double>(samples()) * std::clamp(percent, 0.0, 100.0) / 100));
  std::uint64_t seen = 0;
  for (std::size_t n = 0; n < counts.size(); ++n) {
    seen += counts[n];
    if (seen >= std::max<std::uint64_t>(wanted, 1))
      return std::min(HistogramBuckets::least(n + 1) - 1, max);
  }
  return 0;
}

HistogramCopy Histogram::copy() const {
  HistogramCopy copy;
  for (std::size_t n = 0; n < counts_.size(); ++n)
    copy.counts[n] = counts_[n].load(std::memory_order_relaxed);
  copy.max = max_.load(std::memory_order_relaxed);
  copy.max_at = max_at_.load(std::memory_order_relaxed);
  return copy;
}

}  // namespace takt
