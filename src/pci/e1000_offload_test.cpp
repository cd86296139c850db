// SPDX-License-Identifier: Apache-2.0
// Checksum insertion and segmentation (317453, 3.3.6, 3.5, 3.6), against plain code that sums a
// finished packet from its headers.
#include "pci/e1000_fixture.h"

namespace takt::e1000 {
namespace {

unsigned get16(const Bytes& b, std::size_t at) {
  return static_cast<unsigned>(b[at] << 8 | b[at + 1]);
}
void put16(Bytes& b, std::size_t at, unsigned v) {
  b[at] = static_cast<std::uint8_t>(v >> 8);
  b[at + 1] = static_cast<std::uint8_t>(v);
}

/// The sum over [from, to), one word after the other, folded.
unsigned sum_of(const Bytes& b, std::size_t from, std::size_t to, unsigned sum = 0) {
  for (std::size_t n = from; n < to; n += 2) sum += n + 1 < to ? get16(b, n) : b[n] * 256u;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >> 16);
  return sum;
}

/// A stream's packet as a driver gives it: lengths and checksums left to the device.
struct Stream {
  bool ipv4 = true;
  bool tcp = true;
  std::size_t payload = 0;

  [[nodiscard]] std::size_t ip() const { return ipv4 ? 20 : 40; }
  [[nodiscard]] std::size_t l4() const { return 14 + ip(); }
  [[nodiscard]] std::size_t header() const { return l4() + (tcp ? 32 : 8); }
  [[nodiscard]] std::size_t field() const { return l4() + (tcp ? 16 : 6); }
  [[nodiscard]] unsigned protocol() const { return tcp ? 6 : 17; }

  /// The sum over addresses and protocol, which the driver leaves in the field (3.5.7).
  [[nodiscard]] unsigned pseudo(const Bytes& b) const {
    return sum_of(b, ipv4 ? 26 : 22, l4(), protocol());
  }
  [[nodiscard]] Bytes packet() const {
    Bytes b = frame_of(header() + payload);
    put16(b, 12, ipv4 ? 0x0800 : 0x86dd);
    if (ipv4) {
      b[14] = 0x45;
      put16(b, 16, 0);
      put16(b, 18, 0xfffe);  // the identification wraps around
      b[23] = static_cast<std::uint8_t>(protocol());
      put16(b, 24, 0);
    } else {
      b[14] = 0x60;
      put16(b, 18, 0);
      b[20] = static_cast<std::uint8_t>(protocol());
    }
    if (tcp) {
      b[l4() + 12] = 0x80;  // 32 bytes
      b[l4() + 13] = 0x19;  // ACK, PSH, FIN
      put16(b, l4() + 4, 0xffff);
      put16(b, l4() + 6, 0xff00);  // the sequence number carries
    }
    put16(b, field(), pseudo(b));
    return b;
  }
  [[nodiscard]] TxContext context(std::uint16_t mss) const {
    return {.ipcss = 14,
            .ipcso = 24,
            .ipcse = static_cast<std::uint16_t>(l4() - 1),
            .tucss = static_cast<std::uint8_t>(l4()),
            .tucso = static_cast<std::uint8_t>(field()),
            .paylen = static_cast<std::uint32_t>(payload),
            .mss = mss,
            .hdrlen = static_cast<std::uint8_t>(header()),
            .tcp = tcp,
            .ipv4 = ipv4};
  }
  /// Checks segment `n` of a packet that was cut every `mss` bytes.
  void check(const Bytes& whole, Bytes segment, unsigned n, std::size_t mss) const {
    const std::size_t begin = n * mss;
    const std::size_t length = std::min(mss, payload - begin);
    const bool last = begin + length == payload;
    ASSERT_EQ(segment.size(), header() + length);
    EXPECT_TRUE(std::equal(segment.begin() + static_cast<std::ptrdiff_t>(header()), segment.end(),
                           whole.begin() + static_cast<std::ptrdiff_t>(header() + begin)));
    if (ipv4) {
      EXPECT_EQ(get16(segment, 16), segment.size() - 14);
      EXPECT_EQ(get16(segment, 18), (0xfffe + n) & 0xffff);
      EXPECT_EQ(sum_of(segment, 14, 34), 0xffffu);
    } else {
      EXPECT_EQ(get16(segment, 18), segment.size() - 54);
    }
    const auto l4_bytes = static_cast<unsigned>(segment.size() - l4());
    EXPECT_EQ(sum_of(segment, l4(), segment.size(), pseudo(segment) + l4_bytes), 0xffffu);
    if (tcp) {
      const unsigned sequence = get16(segment, l4() + 4) << 16 | get16(segment, l4() + 6);
      EXPECT_EQ(sequence, 0xffff'ff00u + static_cast<unsigned>(begin));
      EXPECT_EQ(segment[l4() + 13], last ? 0x19 : 0x10);
    } else {
      EXPECT_EQ(get16(segment, l4() + 4), l4_bytes);
    }
  }
};

struct E1000Offload : E1000Fixture {
  E1000Offload() { start_tx(64); }
  /// Header in one descriptor, the payload in others of 4000 bytes.
  void send_stream(const Stream& stream, std::uint16_t mss, std::uint64_t extra = 0) {
    const Bytes b = stream.packet();
    put(tx_buffers, b);
    add_context(stream.context(mss), true);
    const std::uint64_t options = ifcs | tse | txsm | (stream.ipv4 ? ixsm : 0) | extra;
    add_data(tx_buffers, static_cast<std::uint32_t>(stream.header()), options);
    for (std::size_t at = stream.header(); at < b.size(); at += 4000) {
      const std::size_t n = std::min<std::size_t>(4000, b.size() - at);
      add_data(tx_buffers + at, static_cast<std::uint32_t>(n),
               options | (at + n == b.size() ? eop | rs : 0));
    }
    ring_tail();
  }
  void expect_segments(const Stream& stream, std::size_t mss) {
    const Bytes whole = stream.packet();
    ASSERT_EQ(port.sent.size(), (stream.payload + mss - 1) / mss);
    for (unsigned n = 0; n < port.sent.size(); ++n) {
      EXPECT_EQ(port.sent[n].header.gso_type, FrameHeader::gso_none);
      stream.check(whole, port.sent[n].bytes, n, mss);
    }
  }
};

// --- checksums of single frames ---

TEST_F(E1000Offload, TransportChecksumIsInsertedFromTheContext) {
  const Stream stream{.payload = 333};
  const Bytes b = stream.packet();
  Bytes frame = b;
  put16(frame, stream.field(), sum_of({}, 0, 0, stream.pseudo(b) + 32 + 333));
  add_context(stream.context(0), false);
  put(tx_buffers, frame);
  add_data(tx_buffers, static_cast<std::uint32_t>(frame.size()), eop | ifcs | rs | txsm);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  const Bytes& sent = port.sent[0].bytes;
  EXPECT_EQ(sum_of(sent, 34, sent.size(), stream.pseudo(sent) + 32 + 333), 0xffffu);
  EXPECT_EQ(port.sent[0].header.flags, 0);
}

TEST_F(E1000Offload, ChecksumIsLeftToAPortThatTakesIt) {
  port.takes.csum = true;
  const Stream stream{.payload = 100};
  const Bytes b = stream.packet();
  add_context(stream.context(0), false);
  put(tx_buffers, b);
  add_data(tx_buffers, static_cast<std::uint32_t>(b.size()), eop | ifcs | rs | txsm);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].bytes, b);
  EXPECT_EQ(port.sent[0].header.flags, FrameHeader::needs_csum);
  EXPECT_EQ(port.sent[0].header.csum_start, 34);
  EXPECT_EQ(port.sent[0].header.csum_offset, 16);
}

TEST_F(E1000Offload, ChecksumThatEndsBeforeTheFrameIsNotLeftToThePort) {  // TUCSE
  port.takes.csum = true;
  const Stream stream{.payload = 101};
  TxContext context = stream.context(0);
  context.tucse = 99;
  Bytes b = stream.packet();
  put16(b, stream.field(), 0);
  add_context(context, false);
  put(tx_buffers, b);
  add_data(tx_buffers, static_cast<std::uint32_t>(b.size()), eop | ifcs | txsm);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].header.flags, 0);
  EXPECT_EQ(get16(port.sent[0].bytes, stream.field()), ~sum_of(b, 34, 100) & 0xffff);
}

TEST_F(E1000Offload, IpChecksumIsInserted) {
  const Stream stream{.payload = 10};
  const Bytes b = stream.packet();
  add_context(stream.context(0), false);
  put(tx_buffers, b);
  add_data(tx_buffers, static_cast<std::uint32_t>(b.size()), eop | ifcs | ixsm);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(sum_of(port.sent[0].bytes, 14, 34), 0xffffu);
}

TEST_F(E1000Offload, LegacyDescriptorInsertsOneChecksum) {  // 3.3.3 IC, CSS, CSO
  Bytes b = frame_of(99);
  put16(b, 50, 0);
  put(tx_buffers, b);
  add_legacy(tx_buffers, 99, eop | ifcs | ic | 50u << 16 | 30ull << 40);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(get16(port.sent[0].bytes, 50), ~sum_of(b, 30, 99) & 0xffff);
}

TEST_F(E1000Offload, ChecksumOutsideTheFrameIsNotInserted) {
  const Bytes b = frame_of(60);
  put(tx_buffers, b);
  add_context({.ipcss = 200, .ipcso = 20, .tucss = 20, .tucso = 59}, false);
  add_data(tx_buffers, 60, eop | ifcs | ixsm | txsm);
  ring_tail();
  EXPECT_EQ(port.sent.at(0).bytes, b);
}

TEST_F(E1000Offload, ChecksumSpansPiecesOfOddLengths) {
  Bytes b = frame_of(1000);
  put16(b, 50, 0);
  put(tx_buffers, Bytes(b.begin(), b.begin() + 301));
  put(tx_buffers + 0x1000, Bytes(b.begin() + 301, b.begin() + 604));
  put(tx_buffers + 0x2000, Bytes(b.begin() + 604, b.end()));
  add_legacy(tx_buffers, 301, 50u << 16 | 31ull << 40);  // CSS counts in the first
  add_legacy(tx_buffers + 0x1000, 303, 0);
  add_legacy(tx_buffers + 0x2000, 396, eop | ifcs | ic);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(get16(port.sent[0].bytes, 50), ~sum_of(b, 31, 1000) & 0xffff);
}

// --- segmentation here ---

TEST_F(E1000Offload, TcpOverIpv4IsCutIntoSegments) {
  const Stream stream{.payload = 10'000};
  send_stream(stream, 1448);
  expect_segments(stream, 1448);
  EXPECT_TRUE(tx_done(next - 1));
}

TEST_F(E1000Offload, TcpOverIpv6IsCutIntoSegments) {
  const Stream stream{.ipv4 = false, .payload = 5'001};
  send_stream(stream, 1337);
  expect_segments(stream, 1337);
}

TEST_F(E1000Offload, UdpIsCutWithItsLengths) {  // 3.5.9
  const Stream stream{.tcp = false, .payload = 4'000};
  send_stream(stream, 1472);
  expect_segments(stream, 1472);
}

TEST_F(E1000Offload, PayloadOfAWholeNumberOfSegmentsHasNoEmptyOne) {
  const Stream stream{.payload = 3 * 1000};
  send_stream(stream, 1000);
  expect_segments(stream, 1000);
}

TEST_F(E1000Offload, LargestStreamIsCutOverSeveralTurns) {
  const Stream stream{.payload = 65'000};
  send_stream(stream, 536);
  expect_segments(stream, 536);
}

TEST_F(E1000Offload, PortThatFillsUpAmongSegmentsGetsEachOnce) {
  const Stream stream{.payload = 9'000};
  port.room = 2;
  send_stream(stream, 1448);
  EXPECT_EQ(port.sent.size(), 2u);
  EXPECT_FALSE(tx_done(next - 1));
  port.room = 1;
  run();
  port.room = 99;
  run();
  expect_segments(stream, 1448);
}

TEST_F(E1000Offload, SegmentsCarryTheVlanTagOfTheFirstDescriptor) {
  out(Reg::CTRL, 1u << 30);
  const Stream stream{.payload = 3'000};
  send_stream(stream, 1448, vle | 0x0123ull << 48);
  const Bytes whole = stream.packet();
  ASSERT_EQ(port.sent.size(), 3u);
  for (unsigned n = 0; n < 3; ++n) {
    Bytes segment = port.sent[n].bytes;
    EXPECT_EQ(get16(segment, 12), 0x8100u);
    EXPECT_EQ(get16(segment, 14), 0x0123u);
    segment.erase(segment.begin() + 12, segment.begin() + 16);
    stream.check(whole, segment, n, 1448);
  }
}

TEST_F(E1000Offload, SegmentationIsCounted) {  // 13.7
  send_stream({.payload = 3'000}, 1448);
  EXPECT_EQ(in(Reg::TSCTC), 1u);
  EXPECT_EQ(in(Reg::TSCTFC), 0u);
  EXPECT_EQ(in(Reg::GPTC), 3u);
  EXPECT_EQ(in(Reg::GOTCL), 3'000u + 3 * (66 + 4));
}

TEST_F(E1000Offload, BothContextsStayUntilTheNextOfTheirKind) {
  const Stream stream{.payload = 2'000};
  add_context(stream.context(0), false);
  send_stream(stream, 1448);
  const Bytes b = stream.packet();
  add_data(tx_buffers, static_cast<std::uint32_t>(b.size()), eop | ifcs | ixsm);
  ring_tail();
  ASSERT_EQ(port.sent.size(), 3u);
  EXPECT_EQ(sum_of(port.sent[2].bytes, 14, 34), 0xffffu);
}

// --- segmentation by the port ---

TEST_F(E1000Offload, TcpIsLeftToAPortThatSegments) {
  port.takes = {.csum = true, .tso4 = true};
  const Stream stream{.payload = 20'000};
  send_stream(stream, 1448);
  ASSERT_EQ(port.sent.size(), 1u);
  const Bytes& sent = port.sent[0].bytes;
  const FrameHeader& h = port.sent[0].header;
  EXPECT_EQ(h.gso_type, FrameHeader::gso_tcpv4);
  EXPECT_EQ(h.gso_size, 1448);
  EXPECT_EQ(h.hdr_len, 66);
  EXPECT_EQ(h.flags, FrameHeader::needs_csum);
  EXPECT_EQ(h.csum_start, 34);
  EXPECT_EQ(h.csum_offset, 16);
  EXPECT_EQ(get16(sent, 16), sent.size() - 14);
  EXPECT_EQ(sum_of(sent, 14, 34), 0xffffu);
  const auto l4_bytes = static_cast<unsigned>(sent.size() - 34);
  EXPECT_EQ(get16(sent, 50), sum_of({}, 0, 0, stream.pseudo(sent) + l4_bytes));
  EXPECT_EQ(sent[47], 0x19);
  EXPECT_EQ(in(Reg::GPTC), 14u);
  EXPECT_EQ(in(Reg::GOTCL), 20'000u + 14 * (66 + 4));
}

TEST_F(E1000Offload, PortsOffsetsCountTheVlanTag) {
  port.takes = {.csum = true, .tso4 = true};
  out(Reg::CTRL, 1u << 30);
  send_stream({.payload = 20'000}, 1448, vle | 0x0123ull << 48);
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].header.hdr_len, 70);
  EXPECT_EQ(port.sent[0].header.csum_start, 38);
  EXPECT_EQ(get16(port.sent[0].bytes, 12), 0x8100u);
}

TEST_F(E1000Offload, Ipv6IsLeftToAPortThatSegmentsIt) {
  port.takes = {.csum = true, .tso6 = true};
  const Stream stream{.ipv4 = false, .payload = 20'000};
  send_stream(stream, 1448);
  ASSERT_EQ(port.sent.size(), 1u);
  EXPECT_EQ(port.sent[0].header.gso_type, FrameHeader::gso_tcpv6);
  EXPECT_EQ(get16(port.sent[0].bytes, 18), port.sent[0].bytes.size() - 54);
}

TEST_F(E1000Offload, WhatThePortCannotDoIsDoneHere) {
  port.takes = {.csum = true, .tso4 = true};
  const Stream v6{.ipv4 = false, .payload = 3'000};
  send_stream(v6, 1448);
  expect_segments(v6, 1448);
  port.sent.clear();
  const Stream udp{.tcp = false, .payload = 3'000};
  send_stream(udp, 1448);
  expect_segments(udp, 1448);
}

// --- contexts that lie ---

TEST_F(E1000Offload, ContextsThatCannotBeFollowedDropTheFrameAndAreCounted) {
  const Stream stream{.payload = 500};
  const TxContext good = stream.context(100);
  std::vector<TxContext> bad(7, good);
  bad[0].mss = 0;
  bad[1].hdrlen = 255;  // and a frame that is shorter
  bad[2].hdrlen = 40;   // ends in the TCP header
  bad[3].ipcss = 200;
  bad[4].tucss = 20;
  bad[5].tucso = 66;
  bad[6].ipcso = 33;
  for (const TxContext& context : bad) {
    add_context(context, true);
    add_data(tx_buffers, context.hdrlen == 255 ? 200 : 566, eop | ifcs | rs | tse | txsm | ixsm);
    ring_tail();
    EXPECT_TRUE(tx_done(next - 1));
  }
  EXPECT_TRUE(port.sent.empty());
  EXPECT_EQ(device.counters().tx_bad_context, bad.size());
}

TEST_F(E1000Offload, PayloadLengthThatLiesIsCountedAndTheFrameEndsAtEop) {  // TSCTFC
  const Stream stream{.payload = 500};
  TxContext context = stream.context(100);
  context.paylen = 9;
  put(tx_buffers, stream.packet());
  add_context(context, true);
  add_data(tx_buffers, 566, eop | ifcs | tse | txsm | ixsm);
  ring_tail();
  expect_segments(stream, 100);
  EXPECT_EQ(in(Reg::TSCTFC), 1u);
}

TEST_F(E1000Offload, SegmentsInLoopbackAreMadeHere) {
  port.takes = {.csum = true, .tso4 = true};
  start_rx(0x0400'8042);
  const Stream stream{.payload = 2'000};
  send_stream(stream, 1000);
  EXPECT_TRUE(port.sent.empty());
  EXPECT_EQ(in(Reg::RDH), 2u);
  stream.check(stream.packet(), at(rx_buffers, 1066), 0, 1000);
}

}  // namespace
}  // namespace takt::e1000
