// SPDX-License-Identifier: Apache-2.0
// Sends one gathered frame: inserts checksums and the VLAN tag, and cuts a TCP or UDP stream into
// segments (317453, 3.5 "TCP Segmentation", 3.6 "IP/TCP/UDP Transmit Checksum Offloading"). What
// the other side of the wire can do itself is left to it.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "bus/frame_port.h"
#include "pci/e1000_core.h"
#include "pci/e1000_tx_frame.h"
#include "pci/e1000_wire.h"

namespace takt::e1000 {

/// What a frame's descriptors ask for.
struct TxOrder {
  bool segment = false;  // TSE
  bool ip_checksum = false;
  bool transport_checksum = false;
  bool legacy_checksum = false;  // IC, by css and cso
  bool append_crc = true;        // IFCS; else it is in the data
  std::uint8_t css = 0;
  std::uint8_t cso = 0;
  std::optional<std::uint16_t> vlan_tag = {};
  TxContext context = {};
};

class Sender {
 public:
  /// The longest frame that is not segmented, with its CRC (3.3.3), and the longest segment.
  static constexpr std::uint32_t most_frame_bytes = 16288;

  Sender(Core& core, Wire& wire) : core_{core}, wire_{wire} {}

  /// Takes an order for the frame in `pieces`, which stays as it is until send_on() has said true.
  /// False: it cannot be sent, which is counted.
  [[nodiscard]] bool begin(const TxOrder& order, TxPieces& pieces) RT;
  /// Sends, `frames` at most, and takes from that what it has sent. True when all is sent; if not,
  /// and `frames` is not 0, the wire is full.
  [[nodiscard]] bool send_on(unsigned& frames) RT;
  [[nodiscard]] bool busy() const RT { return pieces_ != nullptr; }
  /// Gives up what is not sent yet.
  void abandon() RT { pieces_ = nullptr; }

 private:
  [[nodiscard]] bool send_whole() RT;
  [[nodiscard]] bool send_segment() RT;
  [[nodiscard]] bool hand_over(std::span<const std::uint8_t> head, std::uint32_t offset,
                               std::uint32_t length) RT;
  void begin_whole() RT;
  void begin_segments() RT;
  [[nodiscard]] bool can_segment() const RT;
  [[nodiscard]] bool wire_segments() const RT;
  void leave_segments_to_wire() RT;
  void strip_crc() RT;
  void insert_transport_checksum() RT;
  [[nodiscard]] bool wire_takes_checksum() const RT;
  void insert(std::uint32_t start, std::uint32_t last, std::uint32_t at, bool never_zero) RT;
  void make_segment(std::uint32_t payload, bool last) RT;
  void update_lengths(std::span<std::uint8_t> head, std::uint32_t payload) const RT;
  [[nodiscard]] std::span<const std::uint8_t> head_for_wire() RT;
  void count_sent(std::span<const std::uint8_t> head, std::uint32_t bytes, std::uint32_t frames) RT;
  void count_whole() RT;
  [[nodiscard]] std::uint32_t payload_bytes() const RT;
  [[nodiscard]] std::uint32_t tag_shift() const RT;

  Core& core_;
  Wire& wire_;
  TxPieces* pieces_ = nullptr;  // of the frame that is being sent
  TxOrder order_;
  FrameHeader header_;
  TxHead head_;     // as fetched; of a whole frame, as sent
  TxHead segment_;  // of the segment that is being sent
  std::span<const std::uint8_t> wire_head_;
  std::uint32_t sent_ = 0;  // payload bytes of the segments before
  std::uint32_t number_ = 0;
  bool segmenting_ = false;  // here, not on the wire
};

}  // namespace takt::e1000
