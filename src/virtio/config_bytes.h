// SPDX-License-Identifier: Apache-2.0
// A device configuration structure as the driver reads and writes it: by any width, at any offset.
// virtio 1.2, 2.5.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/rt.h"
#include "base/units.h"

namespace takt::virtio {

/// `width` bytes at `offset`; what is beyond the end reads as zeroes.
template <class Config>
[[nodiscard]] std::uint64_t read_bytes(const Config& config, std::uint64_t offset, Width width) RT {
  static_assert(std::is_trivially_copyable_v<Config>);
  std::uint64_t value = 0;
  if (offset >= sizeof config) return value;
  const auto n = std::min<std::uint64_t>(bytes(width), sizeof config - offset);
  std::memcpy(&value, std::as_bytes(std::span{&config, 1}).data() + offset, n);
  return value;
}

/// The inverse; what is beyond the end is dropped.
template <class Config>
void write_bytes(Config& config, std::uint64_t offset, Width width, std::uint64_t value) RT {
  static_assert(std::is_trivially_copyable_v<Config>);
  if (offset >= sizeof config) return;
  const auto n = std::min<std::uint64_t>(bytes(width), sizeof config - offset);
  std::memcpy(std::as_writable_bytes(std::span{&config, 1}).data() + offset, &value, n);
}

}  // namespace takt::virtio
