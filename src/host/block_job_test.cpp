// SPDX-License-Identifier: Apache-2.0
#include "host/block_job.h"

#include <gtest/gtest.h>
#include <linux/falloc.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace takt {
namespace {

using Kind = BlockRequest::Kind;
using Op = IoStep::Op;
using State = BlockJob::State;

constexpr std::uint64_t disk_bytes = 1 << 20;

struct OneJob {
  BlockFile file{.bytes = disk_bytes};
  std::unique_ptr<BlockJob> job;
  alignas(4096) std::array<std::uint8_t, 65536> memory{};

  explicit OneJob(std::uint32_t alignment = 1, bool is_device = false) {
    file.alignment = alignment;
    file.is_device = is_device;
    job = std::make_unique<BlockJob>(file);
  }
  void begin(Kind kind, std::uint64_t offset, const std::vector<iovec>& pieces) {
    std::uint64_t bytes = 0;
    for (const iovec& piece : pieces) bytes += piece.iov_len;
    job->begin({.kind = kind, .tag = 7, .offset = offset, .bytes = bytes, .pieces = pieces});
  }
  iovec at(std::size_t from, std::size_t bytes) {
    return {.iov_base = memory.data() + from, .iov_len = bytes};
  }
};

TEST(BlockJob, AReadIsOneCallWithThePiecesOfTheRequest) {
  OneJob t;
  t.begin(Kind::read, 4096, {t.at(0, 512), t.at(8192, 1024)});
  const IoStep step = t.job->next();
  EXPECT_EQ(step.op, Op::readv);
  EXPECT_EQ(step.offset, 4096u);
  ASSERT_EQ(step.pieces.size(), 2u);
  EXPECT_EQ(step.pieces[1].iov_base, t.memory.data() + 8192);
  EXPECT_EQ(t.job->went(1536), State::done);
  EXPECT_EQ(t.job->tag(), 7u);
}

TEST(BlockJob, AShortCallIsGoneOnWithWhereItEnded) {
  OneJob t;
  t.begin(Kind::write, 0, {t.at(0, 512), t.at(8192, 1024)});
  EXPECT_EQ(t.job->next().op, Op::writev);
  EXPECT_EQ(t.job->went(700), State::goes_on);
  const IoStep step = t.job->next();
  EXPECT_EQ(step.offset, 700u);
  ASSERT_EQ(step.pieces.size(), 1u);
  EXPECT_EQ(step.pieces[0].iov_base, t.memory.data() + 8192 + 188);
  EXPECT_EQ(step.pieces[0].iov_len, 836u);
  EXPECT_EQ(t.job->went(836), State::done);
}

TEST(BlockJob, AnInterruptedCallIsMadeAgainButNotForEver) {
  OneJob t;
  t.begin(Kind::read, 0, {t.at(0, 512)});
  EXPECT_EQ(t.job->went(-EINTR), State::goes_on);
  EXPECT_EQ(t.job->next().pieces[0].iov_len, 512u);
  State state = State::goes_on;
  for (int n = 0; n < 1000 && state == State::goes_on; ++n) state = t.job->went(-EAGAIN);
  EXPECT_EQ(state, State::failed);
}

TEST(BlockJob, AnErrorAndTheEndOfTheFileFail) {
  OneJob t;
  t.begin(Kind::read, 0, {t.at(0, 512)});
  EXPECT_EQ(t.job->went(-EIO), State::failed);
  t.begin(Kind::read, 0, {t.at(0, 512)});
  EXPECT_EQ(t.job->went(0), State::failed);
}

TEST(BlockJob, NothingToReadIsDoneWithoutACall) {
  OneJob t;
  t.begin(Kind::read, 512, {});
  const IoStep step = t.job->next();
  EXPECT_EQ(step.op, Op::answer);
  EXPECT_EQ(t.job->went(step.result), State::done);
}

/// A request that is not within the disk, or not what its pieces say.
bool is_refused(OneJob& t, const BlockRequest& request) {
  t.job->begin(request);
  const IoStep step = t.job->next();
  return step.op == Op::answer && t.job->went(step.result) == State::failed;
}

TEST(BlockJob, WhatIsNotWithinTheDiskReachesNoCall) {
  OneJob t;
  const std::array one{t.at(0, 512)};
  EXPECT_TRUE(is_refused(t, {.offset = disk_bytes, .bytes = 512, .pieces = one}));
  EXPECT_TRUE(is_refused(t, {.offset = ~0ULL - 100, .bytes = 512, .pieces = one}));
  EXPECT_TRUE(is_refused(t, {.kind = Kind::discard, .offset = 512, .bytes = disk_bytes}));
  EXPECT_FALSE(is_refused(t, {.offset = disk_bytes - 512, .bytes = 512, .pieces = one}));
}

TEST(BlockJob, PiecesThatAreNotTheBytesReachNoCall) {
  OneJob t;
  const std::array one{t.at(0, 512)};
  EXPECT_TRUE(is_refused(t, {.bytes = 1024, .pieces = one}));
  EXPECT_TRUE(is_refused(t, {.bytes = 256, .pieces = one}));
  const std::vector<iovec> many(BlockRequest::most_pieces + 1, t.at(0, 1));
  EXPECT_TRUE(is_refused(t, {.bytes = many.size(), .pieces = many}));
}

TEST(BlockJob, AReadOnlyDiskIsReadAndFlushedOnly) {
  OneJob t;
  t.file.read_only = true;
  const std::array one{t.at(0, 512)};
  EXPECT_TRUE(is_refused(t, {.kind = Kind::write, .bytes = 512, .pieces = one}));
  EXPECT_TRUE(is_refused(t, {.kind = Kind::discard, .bytes = 512}));
  EXPECT_TRUE(is_refused(t, {.kind = Kind::write_zeroes, .bytes = 512}));
  EXPECT_FALSE(is_refused(t, {.kind = Kind::read, .bytes = 512, .pieces = one}));
  t.job->begin({.kind = Kind::flush});
  EXPECT_EQ(t.job->next().op, Op::sync);
}

TEST(BlockJob, AlignedMemoryIsReadIntoDirectly) {
  OneJob t{512};
  t.begin(Kind::read, 0, {t.at(512, 512)});
  EXPECT_EQ(t.job->next().pieces[0].iov_base, t.memory.data() + 512);
}

TEST(BlockJob, UnalignedMemoryIsWrittenByABufferPieceByPiece) {
  OneJob t{512};
  for (std::size_t n = 0; n < t.memory.size(); ++n) t.memory[n] = static_cast<std::uint8_t>(n / 7);
  t.begin(Kind::write, 512, {t.at(1, 20000), t.at(30000, 480)});
  const IoStep first = t.job->next();
  ASSERT_EQ(first.pieces.size(), 1u);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(first.pieces[0].iov_base) % 4096, 0u);
  EXPECT_EQ(first.pieces[0].iov_len, 16384u);
  EXPECT_EQ(std::memcmp(first.pieces[0].iov_base, &t.memory[1], 16384), 0);
  EXPECT_EQ(t.job->went(16384), State::goes_on);
  const IoStep second = t.job->next();
  EXPECT_EQ(second.offset, 512u + 16384);
  ASSERT_EQ(second.pieces[0].iov_len, 20480u - 16384);
  const auto* bounced = static_cast<const std::uint8_t*>(second.pieces[0].iov_base);
  EXPECT_EQ(std::memcmp(bounced, &t.memory[1 + 16384], 20000 - 16384), 0);
  EXPECT_EQ(std::memcmp(bounced + 20000 - 16384, &t.memory[30000], 480), 0);
  EXPECT_EQ(t.job->went(20480 - 16384), State::done);
}

TEST(BlockJob, UnalignedMemoryIsReadIntoByABuffer) {
  OneJob t{512};
  t.begin(Kind::read, 0, {t.at(1, 100), t.at(1000, 412)});
  const IoStep step = t.job->next();
  std::memset(step.pieces[0].iov_base, 0x5a, 512);
  EXPECT_EQ(t.job->went(512), State::done);
  EXPECT_EQ(t.memory[0], 0);
  EXPECT_EQ(t.memory[1], 0x5a);
  EXPECT_EQ(t.memory[100], 0x5a);
  EXPECT_EQ(t.memory[101], 0);
  EXPECT_EQ(t.memory[1000], 0x5a);
  EXPECT_EQ(t.memory[1411], 0x5a);
  EXPECT_EQ(t.memory[1412], 0);
}

TEST(BlockJob, ADiscardThatAFileDoesNotTakeIsDone) {
  OneJob t;
  t.job->begin({.kind = Kind::discard, .offset = 4096, .bytes = 8192});
  const IoStep step = t.job->next();
  EXPECT_EQ(step.op, Op::fallocate);
  EXPECT_EQ(step.mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
  EXPECT_EQ(step.offset, 4096u);
  EXPECT_EQ(step.bytes, 8192u);
  EXPECT_EQ(t.job->went(-EOPNOTSUPP), State::done);
}

TEST(BlockJob, ADeviceThatHasNoHolesIsToldOfADiscardInAnotherWay) {
  OneJob t{1, true};
  t.job->begin({.kind = Kind::discard, .offset = 4096, .bytes = 8192});
  EXPECT_EQ(t.job->next().op, Op::fallocate);
  EXPECT_EQ(t.job->went(-EOPNOTSUPP), State::goes_on);
  EXPECT_EQ(t.job->next().op, Op::discard);
  EXPECT_EQ(t.job->went(-EIO), State::failed);
}

TEST(BlockJob, ZeroesAreAHoleOnlyWhereTheyMayBe) {
  OneJob t;
  t.job->begin({.kind = Kind::write_zeroes, .may_unmap = true, .bytes = 4096});
  EXPECT_EQ(t.job->next().mode, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE);
  t.job->begin({.kind = Kind::write_zeroes, .bytes = 4096});
  EXPECT_EQ(t.job->next().mode, FALLOC_FL_ZERO_RANGE | FALLOC_FL_KEEP_SIZE);
  EXPECT_EQ(t.job->went(0), State::done);
}

TEST(BlockJob, ZeroesAreWrittenWhereNothingElseIsTaken) {
  OneJob t{512};
  t.job->begin({.kind = Kind::write_zeroes, .may_unmap = true, .offset = 512, .bytes = 100'352});
  (void)t.job->next();
  EXPECT_EQ(t.job->went(-EOPNOTSUPP), State::goes_on);
  (void)t.job->next();
  EXPECT_EQ(t.job->went(-EOPNOTSUPP), State::goes_on);
  const IoStep step = t.job->next();
  EXPECT_EQ(step.op, Op::writev);
  EXPECT_EQ(step.offset, 512u);
  ASSERT_EQ(step.pieces.size(), 2u);
  EXPECT_EQ(step.pieces[0].iov_len + step.pieces[1].iov_len, 100'352u);
  EXPECT_EQ(t.job->went(65536), State::goes_on);
  EXPECT_EQ(t.job->next().offset, 512u + 65536);
  EXPECT_EQ(t.job->went(-ENOSPC), State::failed);
}

}  // namespace
}  // namespace takt
