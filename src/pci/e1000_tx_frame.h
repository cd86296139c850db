// SPDX-License-Identifier: Apache-2.0
// A frame on its way out: gathered from descriptors, as pieces of guest RAM that are not copied,
// and then the head of it, a copy in which checksums, lengths and a VLAN tag are put.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <span>

#include "bus/guest_mem.h"
#include "pci/e1000_checksum.h"
#include "pci/e1000_descriptors.h"

namespace takt::e1000 {

/// The bytes of a frame, as they lie in guest RAM. One in more than `most_pieces` is copied to a
/// buffer of its own, where it is one.
class TxPieces {
 public:
  static constexpr std::size_t most_pieces = 61;         // a head, padding and these are 64 at most
  static constexpr std::uint32_t most_bytes = 0x1'0100;  // 64 KiB of data and a head

  enum class Added : std::uint8_t { yes, not_ram, too_long };
  [[nodiscard]] Added add(const GuestMem& mem, Gpa gpa, std::uint32_t length) RT;
  /// Copies what there is: the guest may use its memory again.
  void stage(const GuestMem& mem) RT;
  void clear() RT;
  /// Drops the last bytes.
  void shorten(std::uint32_t to_bytes) RT { bytes_ = to_bytes; }
  [[nodiscard]] std::uint32_t bytes() const RT { return bytes_; }

  /// Puts [offset, offset + length) into `out`, which has room for most_pieces; returns how many.
  [[nodiscard]] std::size_t gather(const GuestMem& mem, std::uint32_t offset, std::uint32_t length,
                                   std::span<iovec> out) const RT;

 private:
  struct Piece {
    Gpa gpa;
    std::uint32_t length = 0;
  };
  [[nodiscard]] bool merge(const GuestMem& mem, Gpa gpa, std::uint32_t length) RT;

  std::array<Piece, most_pieces> pieces_{};
  std::size_t count_ = 0;
  std::uint32_t bytes_ = 0;
  bool staged_ = false;
  std::array<std::uint8_t, most_bytes> staging_{};
};

/// The first bytes of a frame, which hold all that is changed in it: every offset in a context is
/// of eight bits.
class TxHead {
 public:
  static constexpr std::size_t most_bytes = 257;  // a checksum's two bytes at offset 255
  static constexpr std::size_t tag_bytes = 4;

  void fill(const TxPieces& pieces, const GuestMem& mem, std::uint32_t bytes) RT;
  [[nodiscard]] std::span<std::uint8_t> plain() RT { return {&bytes_[tag_bytes], size_}; }
  [[nodiscard]] std::span<const std::uint8_t> plain() const RT {
    return {&bytes_[tag_bytes], size_};
  }
  /// With the tag before its type field (802.1q).
  [[nodiscard]] std::span<const std::uint8_t> tagged(std::uint16_t type, std::uint16_t tag) RT;
  void cut(std::size_t bytes) RT { size_ = bytes; }

 private:
  std::array<std::uint8_t, tag_bytes + most_bytes> bytes_{};
  std::size_t size_ = 0;
};

constexpr void put_be16(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  bytes[at] = static_cast<std::uint8_t>(value >> 8);
  bytes[at + 1] = static_cast<std::uint8_t>(value);
}
[[nodiscard]] constexpr std::uint32_t be32(std::span<const std::uint8_t> bytes, std::size_t at) {
  return static_cast<std::uint32_t>(bytes[at]) << 24 |
         static_cast<std::uint32_t>(bytes[at + 1]) << 16 |
         static_cast<std::uint32_t>(bytes[at + 2]) << 8 | bytes[at + 3];
}
constexpr void put_be32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
  put_be16(bytes, at, value >> 16);
  put_be16(bytes, at + 2, value);
}

}  // namespace takt::e1000
