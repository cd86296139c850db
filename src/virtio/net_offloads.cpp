// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_offloads.h"

#include <algorithm>

#include "virtio/net_wire.h"

namespace takt::virtio {
namespace {

FrameOffloads both(const FrameOffloads& a, const FrameOffloads& b) RT {
  return {.csum = a.csum && b.csum,
          .tso4 = a.tso4 && b.tso4,
          .tso6 = a.tso6 && b.tso6,
          .ecn = a.ecn && b.ecn,
          .ufo = a.ufo && b.ufo};
}

/// 5.1.3.1: each needs the one before it.
FrameOffloads sensible(const FrameOffloads& o) RT {
  const bool tso = o.csum && (o.tso4 || o.tso6);
  return {.csum = o.csum,
          .tso4 = o.csum && o.tso4,
          .tso6 = o.csum && o.tso6,
          .ecn = tso && o.ecn,
          .ufo = o.csum && o.ufo};
}

constexpr FrameOffloads everything{
    .csum = true, .tso4 = true, .tso6 = true, .ecn = true, .ufo = true};

constexpr std::uint64_t when(bool condition, std::uint64_t bit) { return condition ? bit : 0; }

std::uint8_t type_of(const FrameHeader& header) RT {
  return header.gso_type & static_cast<std::uint8_t>(~FrameHeader::gso_ecn);
}

}  // namespace

FrameOffloads send_offloads(std::span<FramePort* const> ports) RT {
  FrameOffloads all = everything;
  for (const FramePort* port : ports) all = both(all, port->send_offloads());
  return sensible(all);
}

FrameOffloads receive_offloads(std::span<FramePort* const> ports) RT {
  FrameOffloads all = everything;
  for (const FramePort* port : ports) all = both(all, port->receive_offloads());
  return sensible(all);
}

std::uint64_t send_features(const FrameOffloads& o) RT {
  return when(o.csum, net_feature::csum) | when(o.tso4, net_feature::host_tso4) |
         when(o.tso6, net_feature::host_tso6) | when(o.ecn, net_feature::host_ecn) |
         when(o.ufo, net_feature::host_ufo);
}

std::uint64_t receive_features(const FrameOffloads& o) RT {
  return when(o.csum, net_feature::guest_csum) | when(o.tso4, net_feature::guest_tso4) |
         when(o.tso6, net_feature::guest_tso6) | when(o.ecn, net_feature::guest_ecn) |
         when(o.ufo, net_feature::guest_ufo);
}

FrameOffloads device_work(std::uint64_t features) RT {
  return sensible({.csum = (features & net_feature::csum) != 0,
                   .tso4 = (features & net_feature::host_tso4) != 0,
                   .tso6 = (features & net_feature::host_tso6) != 0,
                   .ecn = (features & net_feature::host_ecn) != 0,
                   .ufo = (features & net_feature::host_ufo) != 0});
}

FrameOffloads driver_work(std::uint64_t bits) RT {
  return sensible({.csum = (bits & net_feature::guest_csum) != 0,
                   .tso4 = (bits & net_feature::guest_tso4) != 0,
                   .tso6 = (bits & net_feature::guest_tso6) != 0,
                   .ecn = (bits & net_feature::guest_ecn) != 0,
                   .ufo = (bits & net_feature::guest_ufo) != 0});
}

bool permitted(const FrameHeader& header, const FrameOffloads& allowed) RT {
  if ((header.flags & FrameHeader::needs_csum) != 0 && !allowed.csum) return false;
  if ((header.gso_type & FrameHeader::gso_ecn) != 0 && !allowed.ecn) return false;
  switch (type_of(header)) {
    case FrameHeader::gso_none: return true;
    case FrameHeader::gso_tcpv4: return allowed.tso4;
    case FrameHeader::gso_tcpv6: return allowed.tso6;
    case FrameHeader::gso_udp: return allowed.ufo;
    default: return false;
  }
}

/// 5.1.6.2.1, 5.1.6.2.2.
std::optional<FrameHeader> checked(FrameHeader header, const FrameOffloads& allowed,
                                   std::size_t bytes) RT {
  header.flags &= FrameHeader::needs_csum;
  if (!permitted(header, allowed)) return std::nullopt;
  const bool segmented = type_of(header) != FrameHeader::gso_none;
  if (header.flags == 0) {
    if (segmented) return std::nullopt;
    return FrameHeader{};
  }
  if (std::size_t{header.csum_start} + header.csum_offset + 2 > bytes) return std::nullopt;
  if (!segmented)
    return FrameHeader{
        .flags = header.flags, .csum_start = header.csum_start, .csum_offset = header.csum_offset};
  if (header.gso_size == 0) return std::nullopt;
  header.hdr_len = static_cast<std::uint16_t>(std::min<std::size_t>(header.hdr_len, bytes));
  return header;
}

}  // namespace takt::virtio
