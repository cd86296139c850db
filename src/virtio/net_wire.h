// SPDX-License-Identifier: Apache-2.0
// What a network device and its driver share: feature bits, configuration, the header before each
// frame, commands. virtio 1.2, 5.1.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "bus/frame_port.h"

namespace takt::virtio {

namespace net_feature {  // 5.1.3
inline constexpr std::uint64_t csum = 1ull << 0;
inline constexpr std::uint64_t guest_csum = 1ull << 1;
inline constexpr std::uint64_t ctrl_guest_offloads = 1ull << 2;
inline constexpr std::uint64_t mtu = 1ull << 3;
inline constexpr std::uint64_t mac = 1ull << 5;
inline constexpr std::uint64_t guest_tso4 = 1ull << 7;
inline constexpr std::uint64_t guest_tso6 = 1ull << 8;
inline constexpr std::uint64_t guest_ecn = 1ull << 9;
inline constexpr std::uint64_t guest_ufo = 1ull << 10;
inline constexpr std::uint64_t host_tso4 = 1ull << 11;
inline constexpr std::uint64_t host_tso6 = 1ull << 12;
inline constexpr std::uint64_t host_ecn = 1ull << 13;
inline constexpr std::uint64_t host_ufo = 1ull << 14;
inline constexpr std::uint64_t mrg_rxbuf = 1ull << 15;
inline constexpr std::uint64_t status = 1ull << 16;
inline constexpr std::uint64_t ctrl_vq = 1ull << 17;
inline constexpr std::uint64_t ctrl_rx = 1ull << 18;
inline constexpr std::uint64_t ctrl_vlan = 1ull << 19;
inline constexpr std::uint64_t ctrl_rx_extra = 1ull << 20;
inline constexpr std::uint64_t mq = 1ull << 22;
inline constexpr std::uint64_t ctrl_mac_addr = 1ull << 23;
inline constexpr std::uint64_t speed_duplex = 1ull << 63;
}  // namespace net_feature

/// struct virtio_net_config, as far as it is offered. 5.1.4.
struct NetConfig {
  static constexpr std::uint16_t link_up = 1;  // status
  static constexpr std::uint32_t speed_unknown = 0xffff'ffff;
  static constexpr std::uint8_t full_duplex = 1;

  MacAddress mac{};
  std::uint16_t status = 0;
  std::uint16_t max_virtqueue_pairs = 0;
  std::uint16_t mtu = 0;
  std::uint32_t speed = speed_unknown;  // Mbit/s
  std::uint8_t duplex = full_duplex;
  std::array<std::uint8_t, 3> padding{};  // of what is not offered
};
static_assert(sizeof(NetConfig) == 20 && offsetof(NetConfig, status) == 6 &&
              offsetof(NetConfig, mtu) == 10 && offsetof(NetConfig, speed) == 12 &&
              offsetof(NetConfig, duplex) == 16);

/// struct virtio_net_hdr; as long whatever was negotiated. 5.1.6.
struct NetHeader {
  FrameHeader frame;
  std::uint16_t num_buffers = 0;
};
static_assert(sizeof(NetHeader) == 12);

inline constexpr std::size_t ethernet_bytes = 14;
inline constexpr std::size_t vlan_tag_bytes = 4;
/// Of an IPv6 packet with its Ethernet header, 5.1.6.3.
inline constexpr std::size_t largest_frame = 65589;

namespace net_command {  // 5.1.6.5
inline constexpr std::uint8_t ok = 0;
inline constexpr std::uint8_t error = 1;
inline constexpr std::uint8_t class_rx = 0;
inline constexpr std::uint8_t class_mac = 1;
inline constexpr std::uint8_t mac_table_set = 0;
inline constexpr std::uint8_t mac_addr_set = 1;
inline constexpr std::uint8_t class_vlan = 2;
inline constexpr std::uint8_t vlan_add = 0;
inline constexpr std::uint8_t vlan_del = 1;
inline constexpr std::uint8_t class_mq = 4;
inline constexpr std::uint8_t vq_pairs_set = 0;
inline constexpr std::uint8_t class_guest_offloads = 5;
inline constexpr std::uint8_t guest_offloads_set = 0;
}  // namespace net_command

}  // namespace takt::virtio
