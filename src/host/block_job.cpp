// SPDX-License-Identifier: Apache-2.0
#include "host/block_job.h"

#include <fcntl.h>
#include <linux/falloc.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace takt {
namespace {

constexpr int punch_hole = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
constexpr int zero_range = FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE;

alignas(BlockFile::most_alignment) constexpr std::array<std::byte, 65536> zeroes{};

iovec zero_piece(std::uint64_t bytes) {
  // A write does not write to it.
  return {.iov_base = const_cast<std::byte*>(zeroes.data()),
          .iov_len = std::min<std::uint64_t>(bytes, zeroes.size())};
}

bool is_refusal(int error) { return error == EOPNOTSUPP || error == EINVAL || error == ENOSYS; }

int discard(const Fd& fd, std::uint64_t offset, std::uint64_t bytes) {
  std::array<std::uint64_t, 2> range{offset, bytes};
  return ::ioctl(fd.raw(), BLKDISCARD, range.data());
}

ssize_t call(const Fd& fd, const IoStep& step) {
  const auto offset = static_cast<off_t>(step.offset);
  const auto count = static_cast<int>(step.pieces.size());
  switch (step.op) {
    case IoStep::Op::readv: return ::preadv(fd.raw(), step.pieces.data(), count, offset);
    case IoStep::Op::writev: return ::pwritev(fd.raw(), step.pieces.data(), count, offset);
    case IoStep::Op::sync: return ::fdatasync(fd.raw());
    case IoStep::Op::fallocate:
      return ::fallocate(fd.raw(), step.mode, offset, static_cast<off_t>(step.bytes));
    case IoStep::Op::discard: return discard(fd, step.offset, step.bytes);
    case IoStep::Op::answer: break;
  }
  return step.result;
}

}  // namespace

int perform(const Fd& fd, const IoStep& step) {
  if (step.op == IoStep::Op::answer) return step.result;
  const ssize_t result = call(fd, step);  // of a read or write at most 2 GiB, write(2)
  return result < 0 ? -errno : static_cast<int>(result);
}

BlockJob::BlockJob(const BlockFile& file)
    : file_{file}, bounce_{file.alignment > 1 ? std::make_unique<Bounce>() : nullptr} {}

void BlockJob::begin(const BlockRequest& request) RT {
  tag_ = request.tag;
  kind_ = request.kind;
  valid_ = is_valid(request);
  zeroes_ = request.may_unmap ? Zeroes::punch : Zeroes::range;
  by_ioctl_ = bounced_ = false;
  retries_ = 0;
  offset_ = request.offset;
  bytes_ = request.kind == Kind::flush ? 0 : request.bytes;
  done_ = first_ = count_ = 0;
  if (!valid_) return;
  for (const iovec& piece : request.pieces)
    if (piece.iov_len != 0) pieces_[count_++] = piece;
}

/// The caller has seen to all of this; a disk that grew by a mistake would be one for good.
bool BlockJob::is_valid(const BlockRequest& request) const RT {
  if (request.kind == Kind::flush) return true;
  if (request.kind != Kind::read && file_.read_only) return false;
  if (request.offset > file_.bytes || file_.bytes - request.offset < request.bytes) return false;
  if (request.kind != Kind::read && request.kind != Kind::write) return true;
  if (request.pieces.size() > pieces_.size()) return false;
  std::uint64_t sum = 0;
  for (const iovec& piece : request.pieces) {
    if (piece.iov_len > request.bytes - sum) return false;
    sum += piece.iov_len;
  }
  return sum == request.bytes;
}

IoStep BlockJob::next() {
  if (!valid_) return {.result = -EINVAL};
  if (kind_ == Kind::flush) return {.op = IoStep::Op::sync};
  if (left() == 0) return {};
  switch (kind_) {
    case Kind::discard: return deallocate();
    case Kind::write_zeroes: return make_zeroes();
    default: return needs_bounce() ? move_bounced() : move_data();
  }
}

IoStep BlockJob::transfer(IoStep::Op op, std::span<const iovec> pieces) const {
  return {.op = op, .pieces = pieces, .offset = offset_ + done_};
}

IoStep BlockJob::move_data() {
  bounced_ = false;
  return transfer(kind_ == Kind::read ? IoStep::Op::readv : IoStep::Op::writev,
                  std::span{pieces_}.subspan(first_, count_ - first_));
}

bool BlockJob::needs_bounce() const {
  const std::uintptr_t mask = file_.alignment - 1;
  return std::ranges::any_of(std::span{pieces_}.subspan(first_, count_ - first_),
                             [mask](const iovec& piece) {
                               const auto at = reinterpret_cast<std::uintptr_t>(piece.iov_base);
                               return ((at | piece.iov_len) & mask) != 0;
                             });
}

IoStep BlockJob::move_bounced() {
  bounced_ = true;
  const std::uint64_t bytes = std::min<std::uint64_t>(left(), bounce_bytes);
  if (kind_ == Kind::write) gather(bytes);
  bounce_piece_ = {.iov_base = bounce_->bytes.data(), .iov_len = bytes};
  return transfer(kind_ == Kind::read ? IoStep::Op::readv : IoStep::Op::writev,
                  {&bounce_piece_, 1});
}

void BlockJob::gather(std::uint64_t bytes) {
  std::byte* to = bounce_->bytes.data();
  for (std::size_t n = first_; bytes > 0; ++n) {
    const std::size_t some = std::min<std::uint64_t>(pieces_[n].iov_len, bytes);
    std::memcpy(to, pieces_[n].iov_base, some);
    to += some;
    bytes -= some;
  }
}

void BlockJob::scatter(std::uint64_t bytes) {
  const std::byte* from = bounce_->bytes.data();
  for (std::size_t n = first_; bytes > 0; ++n) {
    const std::size_t some = std::min<std::uint64_t>(pieces_[n].iov_len, bytes);
    std::memcpy(pieces_[n].iov_base, from, some);
    from += some;
    bytes -= some;
  }
}

void BlockJob::advance(std::uint64_t bytes) {
  while (bytes > 0) {
    iovec& piece = pieces_[first_];
    const std::size_t some = std::min<std::uint64_t>(piece.iov_len, bytes);
    piece.iov_base = static_cast<std::byte*>(piece.iov_base) + some;
    piece.iov_len -= some;
    bytes -= some;
    if (piece.iov_len == 0) ++first_;
  }
}

/// fallocate(2) does it to block devices too, where the device can say that holes read as zeroes.
IoStep BlockJob::deallocate() const {
  return {.op = by_ioctl_ ? IoStep::Op::discard : IoStep::Op::fallocate,
          .mode = punch_hole,
          .offset = offset_,
          .bytes = bytes_};
}

IoStep BlockJob::make_zeroes() {
  if (zeroes_ != Zeroes::write)
    return {.op = IoStep::Op::fallocate,
            .mode = zeroes_ == Zeroes::punch ? punch_hole : zero_range,
            .offset = offset_,
            .bytes = bytes_};
  count_ = 0;
  for (std::uint64_t bytes = left(); bytes > 0 && count_ < pieces_.size();) {
    pieces_[count_] = zero_piece(bytes);
    bytes -= pieces_[count_++].iov_len;
  }
  return transfer(IoStep::Op::writev, std::span{pieces_}.first(count_));
}

BlockJob::State BlockJob::went(int result) {
  if (result == -EINTR || result == -EAGAIN)
    return ++retries_ < most_retries ? State::goes_on : State::failed;
  if (result < 0) return refused(-result);
  if (kind_ == Kind::read || kind_ == Kind::write ||
      (kind_ == Kind::write_zeroes && zeroes_ == Zeroes::write))
    return moved(static_cast<std::uint64_t>(result));
  return State::done;
}

/// Nothing at all, where something was left, is the end of a file that somebody has cut.
BlockJob::State BlockJob::moved(std::uint64_t bytes) {
  if (left() == 0) return State::done;
  if (bytes == 0) return State::failed;
  bytes = std::min(bytes, left());
  if (kind_ == Kind::read && bounced_) scatter(bytes);
  if (kind_ != Kind::write_zeroes) advance(bytes);
  done_ += bytes;
  retries_ = 0;
  return left() == 0 ? State::done : State::goes_on;
}

/// A discard is advice: a disk that does not take it has lost nothing.
BlockJob::State BlockJob::refused(int error) {
  if (!valid_ || !is_refusal(error)) return State::failed;
  if (kind_ == Kind::discard) {
    if (by_ioctl_ || !file_.is_device) return State::done;
    by_ioctl_ = true;
    return State::goes_on;
  }
  if (kind_ != Kind::write_zeroes || zeroes_ == Zeroes::write) return State::failed;
  zeroes_ = zeroes_ == Zeroes::punch ? Zeroes::range : Zeroes::write;
  return State::goes_on;
}

}  // namespace takt
