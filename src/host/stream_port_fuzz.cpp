// SPDX-License-Identifier: Apache-2.0
// Whatever a peer sends, and in whatever portions it comes: the frames are those of the stream, up
// to the first length that no frame has.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include "host/frame_reader.h"

namespace {

using Stream = std::span<const std::byte>;

/// The frame at the beginning of the stream; nothing when it is not all there, or is none.
Stream first_frame(Stream stream) {
  if (stream.size() < 4) return {};
  std::size_t length = 0;
  for (const std::byte byte : stream.first(4))
    length = length * 256 + std::to_integer<std::size_t>(byte);
  if (length > takt::FrameReader::most_bytes || stream.size() - 4 < length) return {};
  return stream.subspan(4, length);
}

/// Takes the frames out that are there; the stream's rest.
Stream take_frames(takt::FrameReader& reader, Stream expected) {
  while (const auto frame = reader.next()) {
    const Stream wanted = first_frame(expected);
    if (wanted.empty() || !std::ranges::equal(*frame, wanted)) std::abort();
    expected = expected.subspan(4 + wanted.size());
    reader.drop();
  }
  return expected;
}

}  // namespace

/// The first byte says how large the portions are, the second how often the whole is repeated: the
/// buffer must turn over.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t portion = 1 + std::size_t{data[0]} * data[0];
  std::vector<std::byte> stream;
  for (int n = 0; n <= data[1]; ++n)
    for (const std::uint8_t byte : std::span{data, size}.subspan(2))
      stream.push_back(std::byte(byte));
  takt::FrameReader reader;
  Stream left = stream;
  Stream expected = stream;
  while (!left.empty() && !reader.broken()) {
    const auto room = reader.room();
    if (room.empty()) std::abort();
    const Stream some = left.first(std::min({left.size(), room.size(), portion}));
    std::ranges::copy(some, room.begin());
    reader.filled(some.size());
    left = left.subspan(some.size());
    expected = take_frames(reader, expected);
  }
  if (!first_frame(expected).empty()) std::abort();
  return 0;
}
