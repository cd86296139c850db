// SPDX-License-Identifier: Apache-2.0
#include "pci/e1000_tx_frame.h"

#include <algorithm>
#include <cstring>

namespace takt::e1000 {

TxPieces::Added TxPieces::add(const GuestMem& mem, Gpa gpa, std::uint32_t length) RT {
  if (length > most_bytes - bytes_) return Added::too_long;
  const auto from = mem.slice(gpa, length);
  if (!from) return Added::not_ram;
  if (!staged_ && !merge(mem, gpa, length)) {
    if (count_ == most_pieces)
      stage(mem);
    else
      pieces_[count_++] = {gpa, length};
  }
  if (staged_) std::memcpy(&staging_[bytes_], from->data(), length);
  bytes_ += length;
  return Added::yes;
}

bool TxPieces::merge(const GuestMem& mem, Gpa gpa, std::uint32_t length) RT {
  if (count_ == 0) return false;
  Piece& last = pieces_[count_ - 1];
  if (last.gpa + last.length != gpa || !mem.slice(last.gpa, last.length + length)) return false;
  last.length += length;
  return true;
}

void TxPieces::stage(const GuestMem& mem) RT {
  if (staged_) return;
  std::uint32_t at = 0;
  for (std::size_t n = 0; n < count_; at += pieces_[n++].length)
    if (const auto from = mem.slice(pieces_[n].gpa, pieces_[n].length))
      std::memcpy(&staging_[at], from->data(), pieces_[n].length);
  staged_ = true;
}

void TxPieces::clear() RT {
  count_ = 0;
  bytes_ = 0;
  staged_ = false;
}

std::size_t TxPieces::gather(const GuestMem& mem, std::uint32_t offset, std::uint32_t length,
                             std::span<iovec> out) const RT {
  if (length == 0) return 0;
  if (staged_) {
    out[0] = {const_cast<std::uint8_t*>(&staging_[offset]), length};
    return 1;
  }
  std::size_t count = 0;
  for (std::size_t n = 0; n < count_ && length > 0; ++n) {
    const Piece& piece = pieces_[n];
    if (offset >= piece.length) {
      offset -= piece.length;
      continue;
    }
    const std::uint32_t part = std::min(piece.length - offset, length);
    if (const auto from = mem.slice(piece.gpa + offset, part)) out[count++] = {from->data(), part};
    length -= part;
    offset = 0;
  }
  return count;
}

void TxHead::fill(const TxPieces& pieces, const GuestMem& mem, std::uint32_t bytes) RT {
  std::array<iovec, TxPieces::most_pieces> parts{};
  size_ = 0;
  const auto wanted = std::min<std::uint32_t>(bytes, most_bytes);
  const std::size_t count = pieces.gather(mem, 0, wanted, parts);
  for (std::size_t n = 0; n < count; size_ += parts[n++].iov_len)
    std::memcpy(&bytes_[tag_bytes + size_], parts[n].iov_base, parts[n].iov_len);
}

std::span<const std::uint8_t> TxHead::tagged(std::uint16_t type, std::uint16_t tag) RT {
  constexpr std::size_t addresses = 12;
  std::memmove(bytes_.data(), &bytes_[tag_bytes], addresses);
  put_be16(bytes_, addresses, type);
  put_be16(bytes_, addresses + 2, tag);
  return {bytes_.data(), size_ + tag_bytes};
}

}  // namespace takt::e1000
