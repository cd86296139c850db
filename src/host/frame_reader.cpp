// SPDX-License-Identifier: Apache-2.0
#include "host/frame_reader.h"

#include <algorithm>

namespace takt {

/// A frame that has begun in the second half is moved once, so that it has room to end.
std::span<std::byte> FrameReader::room() RT {
  if (buffer_.size() - begin_ < whole_bytes || bytes() == 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ = bytes();
    begin_ = 0;
  }
  return std::span{buffer_}.subspan(end_);
}

/// With four bytes there.
std::size_t FrameReader::length() const RT {
  std::size_t value = 0;
  for (std::size_t n = 0; n < prefix_bytes; ++n)
    value = value << 8 | std::to_integer<std::size_t>(buffer_[begin_ + n]);
  return value;
}

bool FrameReader::broken() const RT {
  return bytes() >= prefix_bytes && (length() == 0 || length() > most_bytes);
}

std::optional<std::span<const std::byte>> FrameReader::next() const RT {
  if (bytes() < prefix_bytes || broken() || bytes() - prefix_bytes < length()) return std::nullopt;
  return std::span{buffer_}.subspan(begin_ + prefix_bytes, length());
}

void FrameReader::drop() RT {
  if (const auto frame = next()) begin_ += prefix_bytes + frame->size();
}

}  // namespace takt
