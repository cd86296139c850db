// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_checksum.h"

#include <libdeflate.h>

#include <array>
#include <bit>
#include <cstring>
#include <optional>

#include "pci/e1000_filter.h"

namespace takt::e1000 {
namespace {

static_assert(std::endian::native == std::endian::little);

constexpr std::uint16_t swapped(std::uint16_t value) {
  return static_cast<std::uint16_t>(value << 8 | value >> 8);
}

std::uint16_t fold(std::uint64_t sum) RT {
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// --- headers ---
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t protocol_udp = 17;

/// A transport's header and data, and the sum of its pseudo header.
struct Transport {
  std::uint8_t protocol = 0;
  std::span<const std::uint8_t> bytes;
  OnesSum pseudo = {};
};

struct Network {
  std::uint16_t type = 0;
  std::span<const std::uint8_t> bytes;
};

Network network_of(std::span<const std::uint8_t> frame, std::uint16_t vlan_type) RT {
  std::size_t at = 12;
  if (frame.size() < 22) return {};
  if (be16(frame, at) == vlan_type) at += vlan_tag_bytes;
  if (frame.size() < at + 10) return {};
  constexpr std::array<std::uint8_t, 6> snap{0xaa, 0xaa, 0x03, 0, 0, 0};
  if (be16(frame, at) <= 1500 && std::memcmp(&frame[at + 2], snap.data(), snap.size()) == 0)
    at += 2 + snap.size();
  return {be16(frame, at), frame.subspan(at + 2)};
}

Verdict verdict_of(const OnesSum& sum) RT {
  return sum.folded() == 0xffff ? Verdict::good : Verdict::bad;
}

Verdict look_at_transport(const Transport& transport, bool trusted) RT {
  const bool tcp = transport.protocol == protocol_tcp;
  if (!tcp && transport.protocol != protocol_udp) return Verdict::not_looked_at;
  if (transport.bytes.size() < (tcp ? 20u : 8u)) return Verdict::not_looked_at;
  if (!tcp && be16(transport.bytes, 6) == 0) return Verdict::not_looked_at;  // RFC 768: none
  if (trusted) return Verdict::good;
  OnesSum sum = transport.pseudo;
  sum.add_word(transport.protocol);
  sum.add_word(static_cast<std::uint16_t>(transport.bytes.size()));
  sum.add(transport.bytes);
  return verdict_of(sum);
}

Verdicts look_at_ipv4(std::span<const std::uint8_t> packet, bool trusted) RT {
  if (packet.size() < 20 || packet[0] >> 4 != 4) return {};
  const std::size_t header = (packet[0] & 0xfu) * 4;
  const std::size_t total = be16(packet, 2);
  if (header < 20 || total < header || total > packet.size()) return {};
  OnesSum sum;
  sum.add(packet.first(header));
  Verdicts verdicts{.ip = verdict_of(sum)};
  const bool fragment = (be16(packet, 6) & 0x3fff) != 0;
  if (fragment) return verdicts;
  Transport transport{.protocol = packet[9], .bytes = packet.subspan(header, total - header)};
  transport.pseudo.add(packet.subspan(12, 8));
  verdicts.transport = look_at_transport(transport, trusted);
  return verdicts;
}

/// 3.2.9.4: the extension headers that are stepped over.
bool is_extension(std::uint8_t next) RT { return next == 0x00 || next == 0x3c || next == 0x2b; }

Verdicts look_at_ipv6(std::span<const std::uint8_t> packet, bool trusted) RT {
  constexpr unsigned most_extensions = 8;
  if (packet.size() < 40 || packet[0] >> 4 != 6) return {};
  const std::size_t length = be16(packet, 4);
  if (length > packet.size() - 40) return {};
  Transport transport{.protocol = packet[6], .bytes = packet.subspan(40, length)};
  transport.pseudo.add(packet.subspan(8, 32));
  for (unsigned n = 0; n < most_extensions && is_extension(transport.protocol); ++n) {
    if (transport.bytes.size() < 8) return {};
    const std::size_t skip = 8 + transport.bytes[1] * 8u;
    if (skip > transport.bytes.size()) return {};
    if (transport.protocol == 0x2b && transport.bytes[3] != 0) return {};  // not the last address
    transport.protocol = transport.bytes[0];
    transport.bytes = transport.bytes.subspan(skip);
  }
  return {.transport = look_at_transport(transport, trusted)};
}

}  // namespace

/// The compiler makes vector instructions of the loop: a frame is summed up to three times.
void OnesSum::add(std::span<const std::uint8_t> bytes) RT {
  std::uint64_t sum = 0;
  const std::size_t words = bytes.size() / 4;
  for (std::size_t n = 0; n < words; ++n) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + n * 4, sizeof word);
    sum += word;
  }
  if (const std::size_t left = bytes.size() % 4; left > 0) {
    std::uint32_t word = 0;
    std::memcpy(&word, bytes.data() + words * 4, left);
    sum += word;
  }
  const std::uint16_t folded = fold(sum);
  sum_ += odd_ ? swapped(folded) : folded;
  if (bytes.size() % 2 != 0) odd_ = !odd_;
}

void OnesSum::add_word(std::uint16_t value) RT { sum_ += odd_ ? value : swapped(value); }

std::uint16_t OnesSum::folded() const RT { return swapped(fold(sum_)); }

void CrcSum::set_up() {
  constexpr std::uint8_t any = 0;
  (void)::libdeflate_crc32(0, &any, sizeof any);
}

void CrcSum::add(std::span<const std::uint8_t> bytes) RT {
  crc_ = ::libdeflate_crc32(crc_, bytes.data(), bytes.size());
}

std::array<std::uint8_t, 4> CrcSum::bytes() const RT {
  return {static_cast<std::uint8_t>(crc_), static_cast<std::uint8_t>(crc_ >> 8),
          static_cast<std::uint8_t>(crc_ >> 16), static_cast<std::uint8_t>(crc_ >> 24)};
}

Verdicts look_at_checksums(std::span<const std::uint8_t> frame, std::uint16_t vlan_type,
                           bool trusted) RT {
  constexpr std::uint16_t type_ipv4 = 0x0800;
  constexpr std::uint16_t type_ipv6 = 0x86dd;
  const Network network = network_of(frame, vlan_type);
  if (network.type == type_ipv4) return look_at_ipv4(network.bytes, trusted);
  if (network.type == type_ipv6) return look_at_ipv6(network.bytes, trusted);
  return {};
}

}  // namespace takt::e1000
