// SPDX-License-Identifier: Apache-2.0
// A device configuration (virtio 1.2, 2.5) that is a plain structure in little-endian order.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "base/rt.h"
#include "base/units.h"

namespace takt::virtio {

/// What an access of any width and alignment reads; zeroes beyond the end.
template <class Config>
[[nodiscard]] std::uint64_t config_bytes(const Config& config, std::uint64_t offset,
                                         Width width) RT {
  static_assert(std::is_trivially_copyable_v<Config>);
  if (offset >= sizeof config) return 0;
  std::uint64_t value = 0;
  const auto* from = static_cast<const std::byte*>(static_cast<const void*>(&config));
  std::memcpy(&value, from + offset, std::min(bytes(width), sizeof config - offset));
  return value;
}

}  // namespace takt::virtio
