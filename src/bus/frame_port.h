// SPDX-License-Identifier: Apache-2.0
// The host side of a network device, as its model sees it: Ethernet frames in both directions, each
// with what is known about its checksum and segmentation.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"

namespace takt {

/// An Ethernet address, as it stands in a frame.
using MacAddress = std::array<std::uint8_t, 6>;

/// What is still to be done to a frame, or known of it. The numbers are those of struct
/// virtio_net_hdr (virtio 1.2, 5.1.6) without num_buffers, which is also what a tap speaks.
struct FrameHeader {
  static constexpr std::uint8_t needs_csum = 1;  // flags: csum_start and csum_offset say where
  static constexpr std::uint8_t data_valid = 2;  // flags: the checksum was verified
  static constexpr std::uint8_t gso_none = 0;    // gso_type
  static constexpr std::uint8_t gso_tcpv4 = 1;
  static constexpr std::uint8_t gso_udp = 3;
  static constexpr std::uint8_t gso_tcpv6 = 4;
  static constexpr std::uint8_t gso_ecn = 0x80;  // a bit beside the type

  std::uint8_t flags = 0;
  std::uint8_t gso_type = gso_none;
  std::uint16_t hdr_len = 0;
  std::uint16_t gso_size = 0;
  std::uint16_t csum_start = 0;
  std::uint16_t csum_offset = 0;
};
static_assert(sizeof(FrameHeader) == 10);

/// What may be left undone in frames that go one way.
struct FrameOffloads {
  bool csum = false;
  bool tso4 = false;
  bool tso6 = false;
  bool ecn = false;
  bool ufo = false;
  bool operator==(const FrameOffloads&) const = default;
};

/// One queue pair's way out. Used by one thread at a time, the device's server or, under policy A,
/// who holds the device's lock. Nothing here blocks.
class FramePort {
 public:
  virtual ~FramePort() = default;

  /// What send() takes undone.
  [[nodiscard]] virtual FrameOffloads send_offloads() const RT = 0;
  /// Whether receive() can be told to leave things undone: what set_receive_offloads() takes.
  [[nodiscard]] virtual FrameOffloads receive_offloads() const RT = 0;
  /// What the device lets receive() leave undone; nothing until the first call.
  virtual void set_receive_offloads(const FrameOffloads& offloads) RT = 0;

  /// Sends one frame, the bytes of `pieces` in order; at most 64 KiB and 64 pieces. False when the
  /// other side takes no more now: want_send() then. A frame that the other side refuses for good
  /// is dropped and counted, and true.
  [[nodiscard]] virtual bool send(const FrameHeader& header, std::span<const iovec> pieces) RT = 0;

  struct Received {
    FrameHeader header;
    std::size_t bytes = 0;   // put into the pieces
    bool truncated = false;  // there were more
  };
  /// Takes the next frame, into `pieces` in order. Nothing when there is none now.
  [[nodiscard]] virtual std::optional<Received> receive(std::span<const iovec> pieces) RT = 0;

  /// Whether the server is to be woken when a frame is there. Off until the first call; off while
  /// the device has no room for one, so that a full device costs nothing.
  virtual void want_receive(bool want) RT = 0;
  /// Whether the server is to be woken when send() may go on.
  virtual void want_send(bool want) RT = 0;
};

}  // namespace takt
