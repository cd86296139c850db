// SPDX-License-Identifier: Apache-2.0
// Address and VLAN filters, control frames, and the receiver's checksum reports. Sections are those
// of 317453.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

constexpr std::uint32_t en = 1u << 1, upe = 1u << 3, mpe = 1u << 4, bam = 1u << 15,
                        secrc = 1u << 26, vfe = 1u << 18;
constexpr MacAddress other{0x02, 0x11, 0x22, 0x33, 0x44, 0x55};
constexpr MacAddress group{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03};
using St = RxDescriptor::Status;

struct E1000Filter : E1000Fixture {
  /// Whether a frame to `to` is delivered; its status then.
  std::optional<std::uint8_t> status_of(const Bytes& frame) {
    const std::uint32_t head = in(Reg::RDH);
    arrive(frame);
    if (in(Reg::RDH) == head) return std::nullopt;
    out(Reg::RDT, head);
    return rx(head).status;
  }
  bool takes(const MacAddress& to) { return status_of(frame_of(64, to)).has_value(); }
};

TEST_F(E1000Filter, OwnAddressPassesAndOthersDoNot) {
  start_rx(en | secrc);
  EXPECT_TRUE(takes(test_mac));
  EXPECT_FALSE(takes(other));
  EXPECT_FALSE(takes(group));
  EXPECT_FALSE(takes(broadcast));
}

TEST_F(E1000Filter, BroadcastPassesWithBam) {
  start_rx(en | bam | secrc);
  EXPECT_TRUE(takes(broadcast));
  EXPECT_FALSE(takes(group));
}

TEST_F(E1000Filter, PromiscuousModesAreForUnicastAndMulticastApart) {
  start_rx(en | upe | secrc);
  EXPECT_TRUE(takes(other));
  EXPECT_FALSE(takes(group));
  out(Reg::RCTL, en | mpe | secrc);
  EXPECT_FALSE(takes(other));
  EXPECT_TRUE(takes(group));
}

TEST_F(E1000Filter, InexactMatchIsSaidInPif) {
  start_rx(en | upe | secrc);
  EXPECT_EQ(status_of(frame_of(64)).value_or(0) & St::pif, 0);
  EXPECT_EQ(status_of(frame_of(64, other)).value_or(0) & St::pif, St::pif);
}

TEST_F(E1000Filter, EachReceiveAddressCountsWhileItIsValid) {  // 13.5.3
  start_rx(en | secrc);
  out(Reg::RAL, 0x3322'1102, 2 * 15);
  out(Reg::RAH, 0x0000'5544, 2 * 15);
  EXPECT_FALSE(takes(other));
  out(Reg::RAH, 0x8000'5544, 2 * 15);
  EXPECT_TRUE(takes(other));
}

TEST_F(E1000Filter, MulticastTableIsIndexedByTheBitsThatMoChooses) {  // 13.5.1
  for (std::uint32_t mo = 0; mo < 4; ++mo) {
    out(Reg::CTRL, 1u << 26);
    start_rx(en | secrc | mo << 12);
    EXPECT_FALSE(takes(group));
    constexpr std::array<unsigned, 4> lowest_bit{36, 35, 34,
                                                 32};  // of the address, as the manual says
    const std::uint64_t address = 0x0302'015e'0001;
    const auto bit = static_cast<unsigned>(address >> lowest_bit[mo] & 0xfff);
    out(Reg::MTA, 1u << (bit & 31), bit >> 5);
    EXPECT_TRUE(takes(group)) << mo;
  }
}

// --- VLAN, 9.3 ---

Bytes tagged(std::uint16_t tag) {
  Bytes frame = frame_of(100);
  const Bytes bytes{0x81, 0x00, static_cast<std::uint8_t>(tag >> 8),
                    static_cast<std::uint8_t>(tag)};
  frame.insert(frame.begin() + 12, bytes.begin(), bytes.end());
  return frame;
}

TEST_F(E1000Filter, TagStaysInTheFrameWithoutVme) {
  start_rx();
  arrive(tagged(0x2005));
  EXPECT_EQ(rx(0).length, 104u);
  EXPECT_EQ(rx(0).status & St::vp, 0);
  EXPECT_EQ(at(rx_buffers, 104), tagged(0x2005));
}

TEST_F(E1000Filter, TagIsStrippedIntoTheDescriptorWithVme) {
  start_rx();
  out(Reg::CTRL, 1u << 30);
  arrive(tagged(0x2005));
  EXPECT_EQ(rx(0).length, 100u);
  EXPECT_EQ(rx(0).status & St::vp, St::vp);
  EXPECT_EQ(rx(0).special, 0x2005);
  EXPECT_EQ(at(rx_buffers, 100), frame_of(100));
}

TEST_F(E1000Filter, VlanFilterPassesWhatIsInItsTableAndUntaggedFrames) {
  start_rx(en | bam | secrc | vfe);
  EXPECT_FALSE(status_of(tagged(0x0005)));
  out(Reg::VFTA, 1u << 5);
  EXPECT_TRUE(status_of(tagged(0x0005)));
  EXPECT_TRUE(status_of(tagged(0xe005)));  // priority is not looked at
  EXPECT_FALSE(status_of(tagged(0x0006)));
  EXPECT_TRUE(status_of(frame_of(64)));
}

TEST_F(E1000Filter, CfiIsComparedWhenEnabled) {
  out(Reg::VFTA, 1u << 5);
  start_rx(en | secrc | vfe | 1u << 19);
  EXPECT_TRUE(status_of(tagged(0x0005)));
  EXPECT_FALSE(status_of(tagged(0x1005)));
  out(Reg::RCTL, en | secrc | vfe | 1u << 19 | 1u << 20);
  EXPECT_TRUE(status_of(tagged(0x1005)));
}

// --- MAC control frames ---

Bytes pause_frame(std::uint8_t time) {
  Bytes frame = frame_of(60, {0x01, 0x80, 0xc2, 0x00, 0x00, 0x01});
  const Bytes body{0x88, 0x08, 0x00, 0x01, 0x00, time};
  std::copy(body.begin(), body.end(), frame.begin() + 12);
  return frame;
}

TEST_F(E1000Filter, PauseFramesAreCountedAndDiscardedByDpf) {
  out(Reg::FCT, 0x8808);
  start_rx(en | secrc | mpe | 1u << 22);
  arrive(pause_frame(0));
  arrive(pause_frame(9));
  EXPECT_EQ(in(Reg::RDH), 0u);
  EXPECT_EQ(in(Reg::XONRXC), 1u);
  EXPECT_EQ(in(Reg::XOFFRXC), 1u);
  EXPECT_EQ(in(Reg::GPRC), 0u);
}

TEST_F(E1000Filter, ControlFramesPassWithPmcf) {
  out(Reg::FCT, 0x8808);
  start_rx(en | secrc);
  arrive(pause_frame(1));
  EXPECT_EQ(in(Reg::RDH), 0u);
  out(Reg::RCTL, en | secrc | 1u << 23);
  arrive(pause_frame(1));
  EXPECT_EQ(in(Reg::RDH), 1u);
}

// --- checksums, 3.2.9 ---

/// 16-bit words, one at a time.
std::uint16_t simple_sum(const Bytes& b, std::size_t from, std::size_t to, std::uint32_t sum) {
  for (std::size_t n = from; n < to; n += 2)
    sum += static_cast<std::uint32_t>(b[n] << 8 | (n + 1 < to ? b[n + 1] : 0));
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}
void put16(Bytes& b, std::size_t at, std::uint32_t v) {
  b[at] = static_cast<std::uint8_t>(v >> 8);
  b[at + 1] = static_cast<std::uint8_t>(v);
}

/// An IPv4 packet of `protocol` with `payload` bytes after a transport header of 20.
Bytes ip_frame(std::uint8_t protocol, std::size_t payload) {
  Bytes f = frame_of(14 + 20 + 20 + payload);
  put16(f, 12, 0x0800);
  f[14] = 0x45;
  put16(f, 16, static_cast<std::uint32_t>(40 + payload));
  put16(f, 20, 0);
  f[22] = 64;
  f[23] = protocol;
  put16(f, 24, 0);
  put16(f, 24, ~simple_sum(f, 14, 34, 0) & 0xffffu);
  const std::size_t field = protocol == 6 ? 34 + 16 : 34 + 6;
  put16(f, field, 0);
  const std::uint32_t pseudo =
      simple_sum(f, 26, 34, protocol + 20 + static_cast<std::uint32_t>(payload));
  put16(f, field, ~simple_sum(f, 34, f.size(), pseudo) & 0xffffu);
  return f;
}

struct E1000Rxcsum : E1000Filter {
  E1000Rxcsum() {
    start_rx();
    out(Reg::RXCSUM, 0x300);
  }
  std::pair<std::uint8_t, std::uint8_t> judged(const Bytes& frame, const FrameHeader& header = {}) {
    const std::uint32_t head = in(Reg::RDH);
    arrive(frame, header);
    return {static_cast<std::uint8_t>(rx(head).status & 0x64), rx(head).errors};
  }
};
constexpr std::uint8_t both = St::ipcs | St::tcpcs;
using Verdict2 = std::pair<std::uint8_t, std::uint8_t>;

TEST_F(E1000Rxcsum, GoodTcpAndUdpAreSaidToBeGood) {
  EXPECT_EQ(judged(ip_frame(6, 100)), (Verdict2{both, 0}));
  EXPECT_EQ(judged(ip_frame(17, 101)), (Verdict2{both, 0}));
}

TEST_F(E1000Rxcsum, BadOnesAreSaidToBeBad) {
  Bytes frame = ip_frame(6, 100);
  frame[60] ^= 1;
  EXPECT_EQ(judged(frame), (Verdict2{both, 0x20}));
  frame = ip_frame(6, 100);
  frame[22] ^= 1;
  EXPECT_EQ(judged(frame), (Verdict2{both, 0x40}));
}

TEST_F(E1000Rxcsum, OtherFramesAreNotJudged) {
  EXPECT_EQ(judged(frame_of(64)), (Verdict2{St::ixsm, 0}));
  EXPECT_EQ(judged(ip_frame(1, 30)), (Verdict2{St::ipcs, 0}));
}

TEST_F(E1000Rxcsum, FragmentsAndUdpWithoutChecksumHaveNoTransportVerdict) {
  Bytes frame = ip_frame(17, 30);
  put16(frame, 40, 0);
  EXPECT_EQ(judged(frame), (Verdict2{St::ipcs, 0}));
  frame = ip_frame(6, 30);
  put16(frame, 20, 0x2000);
  put16(frame, 24, 0);
  put16(frame, 24, ~simple_sum(frame, 14, 34, 0) & 0xffffu);
  EXPECT_EQ(judged(frame), (Verdict2{St::ipcs, 0}));
}

TEST_F(E1000Rxcsum, OffloadsAreJudgedOnlyWhenEnabled) {
  out(Reg::RXCSUM, 0x100);
  EXPECT_EQ(judged(ip_frame(6, 30)), (Verdict2{St::ipcs, 0}));
  out(Reg::RXCSUM, 0);
  EXPECT_EQ(judged(ip_frame(6, 30)), (Verdict2{St::ixsm, 0}));
}

TEST_F(E1000Rxcsum, PaddingIsNotPartOfAPacket) {
  Bytes frame = ip_frame(6, 0);
  frame.resize(60, 0xff);
  EXPECT_EQ(judged(frame), (Verdict2{both, 0}));
}

TEST_F(E1000Rxcsum, WhatTheHostHasVerifiedIsBelieved) {
  Bytes frame = ip_frame(6, 100);
  put16(frame, 50, 0x1234);
  EXPECT_EQ(judged(frame, {.flags = FrameHeader::data_valid}), (Verdict2{both, 0}));
}

TEST_F(E1000Rxcsum, LengthsThatLieAreNotFollowed) {
  Bytes frame = ip_frame(6, 100);
  put16(frame, 16, 0xffff);
  EXPECT_EQ(judged(frame), (Verdict2{St::ixsm, 0}));
  frame = ip_frame(6, 100);
  frame[14] = 0x4f;  // a header of 60 bytes, and 30 more
  put16(frame, 16, 30);
  EXPECT_EQ(judged(frame), (Verdict2{St::ixsm, 0}));
}

Bytes ipv6_frame() {
  Bytes f = frame_of(14 + 40 + 8 + 20 + 51);
  put16(f, 12, 0x86dd);
  f[14] = 0x60;
  put16(f, 18, 8 + 20 + 51);
  f[20] = 0;  // hop by hop options
  f[54] = 6;
  f[55] = 0;
  put16(f, 62 + 16, 0);
  put16(f, 62 + 16, ~simple_sum(f, 62, f.size(), simple_sum(f, 22, 54, 6 + 71)) & 0xffffu);
  return f;
}

TEST_F(E1000Rxcsum, Ipv6WithAnExtensionIsJudged) {  // 3.2.9.4
  EXPECT_EQ(judged(ipv6_frame()), (Verdict2{St::tcpcs, 0}));
  Bytes frame = ipv6_frame();
  frame.back() ^= 4;
  EXPECT_EQ(judged(frame), (Verdict2{St::tcpcs, 0x20}));
}

TEST_F(E1000Rxcsum, PacketChecksumBeginsAtPcss) {
  out(Reg::RXCSUM, 14);
  const Bytes frame = frame_of(101);
  arrive(frame);
  EXPECT_EQ(rx(0).checksum, ~simple_sum(frame, 14, 101, 0) & 0xffff);
}

}  // namespace
}  // namespace takt::e1000
