// SPDX-License-Identifier: Apache-2.0
#include "boot/gunzip.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/units.h"

namespace takt {
namespace {

constexpr std::size_t max_step = 1_GiB;  // zlib counts in 32 bits

std::unexpected<Error> failed(int code, const char* message) {
  switch (code) {
    case Z_MEM_ERROR: return env_error("no memory to unpack gzip data");
    case Z_BUF_ERROR: return usage_error("is cut short: its gzip data have no end; copy it again");
    default:
      return usage_error(
          fmt::format("is damaged: its gzip data cannot be unpacked ({}); copy it again",
                      message != nullptr ? message : "they need a dictionary"));
  }
}

}  // namespace

void Gunzip::End::operator()(z_stream* stream) const {
  ::inflateEnd(stream);
  delete stream;
}

Result<Gunzip> Gunzip::open(std::span<const std::byte> file) {
  constexpr int gzip_with_largest_window = 15 + 16;
  Gunzip gunzip{file};
  gunzip.stream_.reset(new z_stream{});
  if (const int code = ::inflateInit2(gunzip.stream_.get(), gzip_with_largest_window); code != Z_OK)
    return failed(code, gunzip.stream_->msg);
  return gunzip;
}

/// Goes on until `out`, which is not empty, is full or zlib has seen all there is.
Result<> Gunzip::step(std::span<std::byte> out) {
  const auto in = rest_.first(std::min(rest_.size(), max_step));
  // zlib does not write to its input, but its type says so unless ZLIB_CONST is defined.
  stream_->next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  stream_->avail_in = static_cast<uInt>(in.size());
  stream_->next_out = reinterpret_cast<Bytef*>(out.data());
  stream_->avail_out = static_cast<uInt>(out.size());
  const int code = ::inflate(stream_.get(), Z_NO_FLUSH);
  rest_ = rest_.subspan(in.size() - stream_->avail_in);
  ended_ = code == Z_STREAM_END;
  if (code == Z_OK || ended_) return {};
  return failed(code, stream_->msg);
}

Result<std::size_t> Gunzip::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size() && !ended_) {
    const auto part = out.subspan(done, std::min(out.size() - done, max_step));
    TRY_VOID(step(part));
    done += part.size() - stream_->avail_out;
  }
  return done;
}

Result<bool> Gunzip::finished() {
  std::byte one_more{};
  TRY(const std::size_t n, read({&one_more, 1}));
  if (n != 0) return false;
  if (rest_.empty()) return true;
  return usage_error(fmt::format("has {} bytes behind its gzip data; copy it again", rest_.size()));
}

}  // namespace takt
