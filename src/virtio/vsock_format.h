// SPDX-License-Identifier: Apache-2.0
// A socket device's packets. virtio 1.2, 5.10.6.
#pragma once

#include <cstddef>
#include <cstdint>

namespace takt::virtio::vsock {

inline constexpr std::uint64_t feature_stream = 1ull << 0;  // 5.10.3
inline constexpr std::uint64_t host_cid = 2;                // 5.10.4
inline constexpr std::uint16_t type_stream = 1;

enum class Op : std::uint16_t {
  invalid = 0,
  request = 1,
  response = 2,
  rst = 3,
  shutdown = 4,
  rw = 5,
  credit_update = 6,
  credit_request = 7,
};

/// Flags of Op::shutdown: the sender of the packet receives, or sends, no more.
inline constexpr std::uint8_t shut_receive = 1;
inline constexpr std::uint8_t shut_send = 2;
inline constexpr std::uint8_t shut_both = shut_receive | shut_send;

/// struct virtio_vsock_hdr.
struct [[gnu::packed]] Header {
  std::uint64_t src_cid = 0;
  std::uint64_t dst_cid = 0;
  std::uint32_t src_port = 0;
  std::uint32_t dst_port = 0;
  std::uint32_t len = 0;
  std::uint16_t type = type_stream;
  std::uint16_t op = 0;
  std::uint32_t flags = 0;
  std::uint32_t buf_alloc = 0;
  std::uint32_t fwd_cnt = 0;
};
static_assert(sizeof(Header) == 44 && offsetof(Header, len) == 24 && offsetof(Header, op) == 30 &&
              offsetof(Header, fwd_cnt) == 40);

}  // namespace takt::virtio::vsock
