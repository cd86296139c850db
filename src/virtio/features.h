// SPDX-License-Identifier: Apache-2.0
// Feature bits that are the transport's and the rings' business. virtio 1.2, 6.
#pragma once

#include <cstdint>

namespace takt::virtio::feature {

inline constexpr std::uint64_t indirect_desc = 1ull << 28;
inline constexpr std::uint64_t event_idx = 1ull << 29;
inline constexpr std::uint64_t version_1 = 1ull << 32;
inline constexpr std::uint64_t access_platform = 1ull << 33;
inline constexpr std::uint64_t ring_packed = 1ull << 34;
inline constexpr std::uint64_t in_order = 1ull << 35;  // never offered: disks complete out of order
inline constexpr std::uint64_t ring_reset = 1ull << 40;

}  // namespace takt::virtio::feature
