// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_sender.h"

#include <algorithm>
#include <cstring>

#include "pci/e1000_filter.h"

namespace takt::e1000 {
namespace {

constexpr std::uint32_t crc_bytes = 4;
constexpr std::uint32_t least_frame_bytes = 60;  // without its CRC
constexpr std::uint32_t ipv6_header_bytes = 40;
constexpr std::uint8_t tcp_fin_psh = 0x09;
constexpr std::uint8_t tcp_cwr = 0x80;
constexpr std::size_t tcp_flags = 13;
constexpr std::array<std::uint8_t, least_frame_bytes> zeros{};

std::span<const std::uint8_t> bytes_of(const iovec& piece) RT {
  return {static_cast<const std::uint8_t*>(piece.iov_base), piece.iov_len};
}

iovec piece_of(std::span<const std::uint8_t> bytes) RT {
  return {const_cast<std::uint8_t*>(bytes.data()), bytes.size()};
}

}  // namespace

bool Sender::begin(const TxOrder& order, TxPieces& pieces) RT {
  order_ = order;
  pieces_ = &pieces;
  header_ = {};
  segmenting_ = false;
  if (!order.append_crc && !order.segment) strip_crc();
  if (pieces.bytes() < ethernet_header_bytes) {
    ++core_.counters.tx_too_short;
  } else if (order.segment && !can_segment()) {
    ++core_.counters.tx_bad_context;
  } else {
    head_.fill(pieces, core_.mem, pieces.bytes());
    order.segment ? begin_segments() : begin_whole();
    return true;
  }
  pieces_ = nullptr;
  return false;
}

bool Sender::send_on(unsigned& frames) RT {
  while (pieces_ != nullptr && frames > 0) {
    if (!(segmenting_ ? send_segment() : send_whole())) return false;
    --frames;
  }
  return pieces_ == nullptr;
}

std::uint32_t Sender::payload_bytes() const RT { return pieces_->bytes() - order_.context.hdrlen; }

std::uint32_t Sender::tag_shift() const RT { return order_.vlan_tag ? vlan_tag_bytes : 0; }

/// Without IFCS the last four bytes are the CRC. On the host's side there is none; one that is
/// wrong would have the frame dropped by whom it reaches, but some guests never put one there and
/// never set IFCS: their frames stay whole.
void Sender::strip_crc() RT {
  if (pieces_->bytes() < ethernet_header_bytes + crc_bytes) return;
  const std::uint32_t bytes = pieces_->bytes() - crc_bytes;
  std::array<iovec, TxPieces::most_pieces> parts{};
  CrcSum sum;
  const std::size_t count = pieces_->gather(core_.mem, 0, bytes, parts);
  for (std::size_t n = 0; n < count; ++n) sum.add(bytes_of(parts[n]));
  std::array<std::uint8_t, crc_bytes> crc{};
  std::size_t at = 0;
  const std::size_t ends = pieces_->gather(core_.mem, bytes, crc_bytes, parts);
  for (std::size_t n = 0; n < ends; at += parts[n++].iov_len)
    std::memcpy(&crc[at], parts[n].iov_base, parts[n].iov_len);
  if (crc == sum.bytes()) pieces_->shorten(bytes);
}

// --- one frame ---

void Sender::begin_whole() RT {
  const TxContext& c = order_.context;
  if (order_.ip_checksum) insert(c.ipcss, c.ipcse, c.ipcso, false);
  if (order_.transport_checksum) insert_transport_checksum();
  if (order_.legacy_checksum) insert(order_.css, 0, order_.cso, true);
  wire_head_ = head_for_wire();
}

void Sender::insert_transport_checksum() RT {
  const TxContext& c = order_.context;
  if (!wire_takes_checksum()) return insert(c.tucss, c.tucse, c.tucso, true);
  header_.flags = FrameHeader::needs_csum;
  header_.csum_start = static_cast<std::uint16_t>(c.tucss + tag_shift());
  header_.csum_offset = static_cast<std::uint16_t>(c.tucso - c.tucss);
}

bool Sender::wire_takes_checksum() const RT {
  const TxContext& c = order_.context;
  const std::uint32_t bytes = pieces_->bytes();
  const bool to_the_end = c.tucse == 0 || c.tucse >= bytes - 1;
  return wire_.offloads().csum && to_the_end && c.tucss >= ethernet_header_bytes &&
         c.tucso >= c.tucss && c.tucso + 2u <= bytes;
}

/// Sums [start, last] of the frame, to its end when `last` is 0, with what the guest has put into
/// the field, and puts the complement there. Nothing when the field or the start is not in the
/// frame.
void Sender::insert(std::uint32_t start, std::uint32_t last, std::uint32_t at, bool never_zero) RT {
  const std::span<std::uint8_t> head = head_.plain();
  const std::uint32_t bytes = pieces_->bytes();
  const std::uint32_t end = last != 0 && last < bytes ? last + 1 : bytes;
  if (start >= end || at + 2 > head.size()) return;
  OnesSum sum;
  const auto in_head = std::min(end, static_cast<std::uint32_t>(head.size()));
  if (start < in_head) sum.add(head.subspan(start, in_head - start));
  std::array<iovec, TxPieces::most_pieces> parts{};
  const std::uint32_t rest = std::max(start, in_head);
  const std::size_t count = pieces_->gather(core_.mem, rest, end - rest, parts);
  for (std::size_t n = 0; n < count; ++n) sum.add(bytes_of(parts[n]));
  const std::uint16_t value = sum.complement();
  put_be16(head, at, value == 0 && never_zero ? 0xffff : value);
}

std::span<const std::uint8_t> Sender::head_for_wire() RT {
  if (!order_.vlan_tag) return head_.plain();
  return head_.tagged(static_cast<std::uint16_t>(core_.reg(Reg::VET)), *order_.vlan_tag);
}

bool Sender::send_whole() RT {
  const auto in_head = static_cast<std::uint32_t>(wire_head_.size()) - tag_shift();
  if (!hand_over(wire_head_, in_head, pieces_->bytes() - in_head)) return false;
  count_whole();
  pieces_ = nullptr;
  return true;
}

/// `head`, then the pieces' [offset, offset + length), then what a short frame lacks (TCTL.PSP).
bool Sender::hand_over(std::span<const std::uint8_t> head, std::uint32_t offset,
                       std::uint32_t length) RT {
  std::array<iovec, TxPieces::most_pieces + 2> parts{};
  parts[0] = piece_of(head);
  std::size_t count = 1 + pieces_->gather(core_.mem, offset, length,
                                          std::span{parts}.subspan(1, TxPieces::most_pieces));
  const std::size_t bytes = head.size() + length;
  if (bytes < least_frame_bytes && Tctl::psp::get(core_.reg(Reg::TCTL)))
    parts[count++] = piece_of(std::span{zeros}.first(least_frame_bytes - bytes));
  return wire_.send(header_, std::span{parts}.first(count));
}

// --- segmentation ---

/// The context's offsets are in order, and the header that they describe is in the frame.
bool Sender::can_segment() const RT {
  const TxContext& c = order_.context;
  const std::uint32_t ip = c.ipv4 ? 20 : ipv6_header_bytes;
  const std::uint32_t transport = c.tcp ? 20 : 8;
  if (c.mss == 0 || c.hdrlen > pieces_->bytes()) return false;
  if (c.mss + c.hdrlen > most_frame_bytes - crc_bytes - vlan_tag_bytes) return false;
  if (c.ipcss < ethernet_header_bytes || c.tucss < c.ipcss + ip) return false;
  if (c.hdrlen < c.tucss + transport) return false;
  if (order_.ip_checksum && (c.ipcso < c.ipcss || c.ipcso + 2 > c.tucss)) return false;
  return !order_.transport_checksum || (c.tucso >= c.tucss && c.tucso + 2 <= c.hdrlen);
}

void Sender::begin_segments() RT {
  head_.cut(order_.context.hdrlen);
  sent_ = 0;
  number_ = 0;
  if (payload_bytes() != order_.context.paylen) core_.statistics.count(Reg::TSCTFC);
  if (wire_segments())
    leave_segments_to_wire();
  else
    segmenting_ = true;
}

/// Whether the other side can do all that is asked for, as it understands it: a plain frame of TCP
/// whose header is where the context says.
bool Sender::wire_segments() const RT {
  const TxContext& c = order_.context;
  const FrameOffloads can = wire_.offloads();
  const std::span<const std::uint8_t> head = head_.plain();
  const std::uint32_t bytes = pieces_->bytes() + tag_shift();
  if (!c.tcp || c.snap || !order_.transport_checksum || order_.ip_checksum != c.ipv4) return false;
  if (!(c.ipv4 ? can.tso4 : can.tso6) || !can.csum) return false;
  if (c.ipcss != ethernet_header_bytes || be16(head, 12) != (c.ipv4 ? 0x0800 : 0x86dd))
    return false;
  if (c.ipv4 && c.ipcso != c.ipcss + 10) return false;
  if (c.tucso != c.tucss + 16 || c.hdrlen != c.tucss + (head[c.tucss + 12u] >> 4) * 4) return false;
  if (!can.ecn && (head[c.tucss + tcp_flags] & tcp_cwr) != 0) return false;
  return payload_bytes() > c.mss && bytes <= 0xffff;
}

/// The other side expects lengths and checksums as if the frame were sent in one piece.
void Sender::leave_segments_to_wire() RT {
  const TxContext& c = order_.context;
  const std::span<std::uint8_t> head = head_.plain();
  const std::uint32_t payload = payload_bytes();
  const bool cwr = (head[c.tucss + tcp_flags] & tcp_cwr) != 0;
  update_lengths(head, payload);
  OnesSum pseudo;
  pseudo.add(head.subspan(c.tucso, 2));
  pseudo.add_word(static_cast<std::uint16_t>(c.hdrlen - c.tucss + payload));
  put_be16(head, c.tucso, pseudo.folded());
  if (c.ipv4) {
    OnesSum ip;
    ip.add(head.subspan(c.ipcss, c.tucss - c.ipcss));
    put_be16(head, c.ipcso, ip.complement());
  }
  const std::uint8_t type = c.ipv4 ? FrameHeader::gso_tcpv4 : FrameHeader::gso_tcpv6;
  header_ = {.flags = FrameHeader::needs_csum,
             .gso_type = static_cast<std::uint8_t>(type | (cwr ? FrameHeader::gso_ecn : 0)),
             .hdr_len = static_cast<std::uint16_t>(c.hdrlen + tag_shift()),
             .gso_size = c.mss,
             .csum_start = static_cast<std::uint16_t>(c.tucss + tag_shift()),
             .csum_offset = static_cast<std::uint16_t>(c.tucso - c.tucss)};
  wire_head_ = head_for_wire();
}

bool Sender::send_segment() RT {
  const std::uint32_t left = payload_bytes() - sent_;
  const std::uint32_t payload = std::min<std::uint32_t>(left, order_.context.mss);
  const bool last = payload == left;
  make_segment(payload, last);
  const std::span<const std::uint8_t> head =
      order_.vlan_tag
          ? segment_.tagged(static_cast<std::uint16_t>(core_.reg(Reg::VET)), *order_.vlan_tag)
          : std::span<const std::uint8_t>{segment_.plain()};
  if (!hand_over(head, order_.context.hdrlen + sent_, payload)) return false;
  count_sent(head, static_cast<std::uint32_t>(head.size()) + payload, 1);
  sent_ += payload;
  ++number_;
  if (!last) return true;
  core_.statistics.count(Reg::TSCTC);
  pieces_ = nullptr;
  return true;
}

/// 3.5.9: what each segment's header has that the first one's had not.
void Sender::make_segment(std::uint32_t payload, bool last) RT {
  const TxContext& c = order_.context;
  segment_ = head_;
  const std::span<std::uint8_t> head = segment_.plain();
  update_lengths(head, payload);
  if (c.ipv4) put_be16(head, c.ipcss + 4u, be16(head, c.ipcss + 4u) + number_);
  if (c.tcp) {
    put_be32(head, c.tucss + 4u, be32(head, c.tucss + 4u) + sent_);
    if (!last) head[c.tucss + tcp_flags] &= static_cast<std::uint8_t>(~tcp_fin_psh);
  }
  if (order_.ip_checksum) {
    OnesSum ip;
    ip.add(head.subspan(c.ipcss, c.tucss - c.ipcss));
    put_be16(head, c.ipcso, ip.complement());
  }
  if (!order_.transport_checksum) return;
  OnesSum sum;
  sum.add_word(static_cast<std::uint16_t>(c.hdrlen - c.tucss + payload));
  sum.add(head.subspan(c.tucss));
  std::array<iovec, TxPieces::most_pieces> parts{};
  const std::size_t count = pieces_->gather(core_.mem, c.hdrlen + sent_, payload, parts);
  for (std::size_t n = 0; n < count; ++n) sum.add(bytes_of(parts[n]));
  const std::uint16_t value = sum.complement();
  put_be16(head, c.tucso, value == 0 ? 0xffff : value);
}

void Sender::update_lengths(std::span<std::uint8_t> head, std::uint32_t payload) const RT {
  const TxContext& c = order_.context;
  const std::uint32_t after_ethernet = c.hdrlen - c.ipcss + payload;
  if (c.snap)
    put_be16(head, 12, c.hdrlen - static_cast<std::uint32_t>(ethernet_header_bytes) + payload);
  if (c.ipv4)
    put_be16(head, c.ipcss + 2u, after_ethernet);
  else
    put_be16(head, c.ipcss + 4u, after_ethernet - ipv6_header_bytes);
  if (!c.tcp) put_be16(head, c.tucss + 4u, c.hdrlen - c.tucss + payload);
}

// --- statistics, 13.7 ---

void Sender::count_whole() RT {
  if (header_.gso_type == FrameHeader::gso_none)
    return count_sent(wire_head_, pieces_->bytes() + tag_shift(), 1);
  const std::uint32_t head = order_.context.hdrlen + tag_shift();
  const std::uint32_t mss = order_.context.mss;
  const std::uint32_t full = (payload_bytes() - 1) / mss;
  count_sent(wire_head_, head + mss, full);
  count_sent(wire_head_, head + payload_bytes() - full * mss, 1);
  core_.statistics.count(Reg::TSCTC);
}

/// `frames` of `bytes` each, without their CRCs.
void Sender::count_sent(std::span<const std::uint8_t> head, std::uint32_t bytes,
                        std::uint32_t frames) RT {
  Statistics& s = core_.statistics;
  const bool pads = Tctl::psp::get(core_.reg(Reg::TCTL));
  const std::uint32_t total = (pads ? std::max(bytes, least_frame_bytes) : bytes) + crc_bytes;
  const bool multicast = (head[0] & 1) != 0;
  const bool broadcast =
      std::all_of(head.begin(), head.begin() + 6, [](auto b) { return b == 0xff; });
  s.count(Reg::TPT, frames);
  s.count_octets(Reg::TOTL, total * frames);
  if (total >= least_frame_bytes + crc_bytes) {
    s.count(Reg::GPTC, frames);
    s.count_octets(Reg::GOTCL, total * frames);
  }
  s.count_length(Reg::PTC64, total, frames);
  if (broadcast)
    s.count(Reg::BPTC, frames);
  else if (multicast)
    s.count(Reg::MPTC, frames);
}

}  // namespace takt::e1000
