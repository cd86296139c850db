// SPDX-License-Identifier: Apache-2.0
// For the tests of the network device: it, its ports and its driver.
#pragma once

#include <gtest/gtest.h>

#include <array>

#include "virtio/net.h"
#include "virtio/test_net.h"

namespace takt::virtio {
using fakes::Bytes;
using fakes::bytes_of;
using fakes::frame_to;
using fakes::header_of;
using fakes::with_header;
using namespace net_feature;

inline constexpr MacAddress own{0x52, 0x54, 0, 1, 2, 3};
inline constexpr MacAddress other{0x52, 0x54, 0, 9, 9, 9};
inline constexpr MacAddress group{0x01, 0, 0x5e, 0, 0, 1};
inline constexpr MacAddress all{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
inline constexpr FrameHeader tso{.flags = FrameHeader::needs_csum,
                                 .gso_type = FrameHeader::gso_tcpv4,
                                 .hdr_len = 54,
                                 .gso_size = 1448,
                                 .csum_start = 34,
                                 .csum_offset = 16};
inline constexpr unsigned rx = 0;
inline constexpr unsigned tx = 1;

/// Both formats of a queue; `Pairs` queue pairs.
template <class Format>
class NetTest : public testing::Test {
 protected:
  using Driver = fakes::TestDriver<Format>;

  void SetUp() override { begin(1); }
  void begin(std::size_t pairs, NetOptions options = {.mac = own}) {
    driver.reset();
    net.reset();
    std::vector<FramePort*> list;
    for (std::size_t i = 0; i < pairs; ++i) list.push_back(&ports[i]);
    net.emplace(list, options, bell);
    driver.emplace(*net);
  }
  /// Without a filter, so that tests of other things need not care.
  void start(std::uint64_t without = 0) {
    driver->start((net->features() | Driver::ring_features) & ~(ctrl_rx | ctrl_vlan | without),
                  256);
    driver->work();
  }
  void start_with_filter() {
    driver->start();
    driver->work();
  }
  std::optional<std::uint8_t> command(std::uint8_t group_, std::uint8_t number, const Bytes& data) {
    const unsigned queue = static_cast<unsigned>(net->queue_sizes().size() - 1);
    const Bytes head{std::byte{group_}, std::byte{number}};
    EXPECT_TRUE(driver->post(queue, {head, data}, {1}));
    driver->run(queue);
    const auto done = driver->collect(queue);
    if (!done || done->written != 1) return std::nullopt;
    return std::to_integer<std::uint8_t>(done->in[0][0]);
  }
  std::optional<std::uint8_t> mode(NetFilter::Mode m, std::uint8_t on) {
    return command(0, static_cast<std::uint8_t>(m), {std::byte{on}});
  }
  void offer(std::size_t count, std::uint32_t bytes = 1536, unsigned queue = rx) {
    for (std::size_t i = 0; i < count; ++i) ASSERT_TRUE(driver->post(queue, {}, {bytes}));
  }
  void arrive(const Bytes& frame, const FrameHeader& header = {}, std::size_t at = 0) {
    ports[at].incoming.push_back({header, frame});
  }
  /// The next frame of a receive queue, put together from its buffers.
  std::optional<Bytes> received(unsigned queue = rx) {
    auto first = driver->collect(queue);
    if (!first) return std::nullopt;
    Bytes buffer = first->joined();
    last_header = header_of(buffer);
    Bytes frame(buffer.begin() + 12, buffer.begin() + first->written);
    for (unsigned n = 1; n < last_header.num_buffers; ++n) {
      const auto next = driver->collect(queue);
      if (!next) return std::nullopt;
      buffer = next->joined();
      frame.insert(frame.end(), buffer.begin(), buffer.begin() + next->written);
    }
    return frame;
  }
  bool passes(const MacAddress& to, std::optional<std::uint16_t> vlan = {}) {
    Bytes frame = frame_to(to, 64);
    if (vlan) {
      frame[12] = std::byte{0x81}, frame[13] = std::byte{0};
      frame[14] = std::byte(*vlan >> 8), frame[15] = std::byte(*vlan);
    }
    EXPECT_TRUE(driver->post(rx, {}, {1536}));
    arrive(frame);
    driver->run(rx);
    return received().has_value();
  }

  fakes::CountingBell bell;
  std::array<fakes::FakeFramePort, 3> ports;
  fakes::FakeFramePort& port = ports[0];
  std::optional<Net> net;
  std::optional<Driver> driver;
  NetHeader last_header;
};

}  // namespace takt::virtio
