// SPDX-License-Identifier: Apache-2.0
// So many bytes a second: what was not used is kept, up to an eighth of a second's worth.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/rt.h"

namespace takt::virtio {

class RngBudget {
 public:
  /// 1..2^32 bytes; at least 64 may be kept.
  explicit RngBudget(std::uint64_t bytes_per_second)
      : rate_{std::clamp<std::uint64_t>(bytes_per_second, 1, std::uint64_t{1} << 32)},
        most_{std::max<std::uint64_t>(rate_ / 8, 64)},
        bytes_{most_} {}

  /// What may be used at `now_ns`. A clock that was set back, or forward by more than a second,
  /// gives nothing away and keeps nobody waiting for longer than the budget does.
  [[nodiscard]] std::uint64_t available(std::int64_t now_ns) RT {
    const std::int64_t passed = now_ns - at_ns_;
    if (passed < 0 || passed > second) at_ns_ = now_ns - (passed < 0 ? 0 : second);
    const auto ns = static_cast<std::uint64_t>(now_ns - at_ns_);
    const std::uint64_t gained = ns * rate_ / static_cast<std::uint64_t>(second);
    bytes_ += gained;
    at_ns_ += ns_for(gained);
    if (bytes_ >= most_) {
      bytes_ = most_;
      at_ns_ = now_ns;
    }
    return bytes_;
  }
  void spend(std::uint64_t bytes) RT { bytes_ -= std::min(bytes, bytes_); }
  /// When `bytes`, at most what may be kept, will be available, as far as is known at the last call
  /// of available().
  [[nodiscard]] std::int64_t when(std::uint64_t bytes) const RT {
    const std::uint64_t wanted = std::min(bytes, most_);
    return wanted <= bytes_ ? at_ns_ : at_ns_ + ns_for(wanted - bytes_) + 1;
  }

 private:
  static constexpr std::int64_t second = 1'000'000'000;
  [[nodiscard]] std::int64_t ns_for(std::uint64_t bytes) const RT {
    return static_cast<std::int64_t>(bytes * static_cast<std::uint64_t>(second) / rate_);
  }

  std::uint64_t rate_;
  std::uint64_t most_;
  std::uint64_t bytes_;
  std::int64_t at_ns_ = 0;  // what was earned until then is in bytes_
};

}  // namespace takt::virtio
