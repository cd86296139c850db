// SPDX-License-Identifier: Apache-2.0
// Sums over frames: the Internet checksum (RFC 1071), Ethernet's CRC (IEEE 802.3, 3.2.9), and what
// the receiver finds out about a frame's IP, TCP and UDP checksums (317453, 3.2.9).
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/rt.h"

namespace takt::e1000 {

/// The ones' complement sum of 16-bit words in network order, over bytes that come in pieces of any
/// length.
class OnesSum {
 public:
  void add(std::span<const std::uint8_t> bytes) RT;
  void add_word(std::uint16_t value) RT;
  /// The sum, not complemented.
  [[nodiscard]] std::uint16_t folded() const RT;
  /// What goes into a checksum field.
  [[nodiscard]] std::uint16_t complement() const RT {
    return static_cast<std::uint16_t>(~folded());
  }

 private:
  std::uint64_t sum_ = 0;  // of words in the host's order
  bool odd_ = false;       // an odd number of bytes is in it
};

/// Ethernet's CRC, over bytes that come in pieces.
class CrcSum {
 public:
  /// Before the first one: finds out which instructions there are, for which libdeflate reads a
  /// file on arm64.
  static void set_up();

  void add(std::span<const std::uint8_t> bytes) RT;
  /// As they follow the frame.
  [[nodiscard]] std::array<std::uint8_t, 4> bytes() const RT;

 private:
  std::uint32_t crc_ = 0;  // of nothing
};

/// One of a frame's checksums.
enum class Verdict : std::uint8_t { not_looked_at, good, bad };
struct Verdicts {
  Verdict ip = Verdict::not_looked_at;
  Verdict transport = Verdict::not_looked_at;
};

/// Looks at a frame with a header of Ethernet II, SNAP or 802.1q (`vlan_type`). `trusted`: what
/// brought the frame has verified the transport's checksum already.
[[nodiscard]] Verdicts look_at_checksums(std::span<const std::uint8_t> frame,
                                         std::uint16_t vlan_type, bool trusted) RT;

}  // namespace takt::e1000
