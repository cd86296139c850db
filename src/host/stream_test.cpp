// SPDX-License-Identifier: Apache-2.0
#include "host/stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdlib>

namespace takt {
namespace {

struct Pair {
  Fd first, second;
};

Pair make_pipe() {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  return {Fd{ends[0]}, Fd{ends[1]}};
}

/// A terminal's master and the terminal.
Pair make_terminal() {
  Fd master{::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
  EXPECT_EQ(::unlockpt(master.raw()), 0);
  std::array<char, 64> name{};
  EXPECT_EQ(::ptsname_r(master.raw(), name.data(), name.size()), 0);
  Fd slave = *open_file(name.data(), O_RDWR | O_NOCTTY);
  return {std::move(master), std::move(slave)};
}

bool blocks(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

struct OneStream {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  Stream stream;
  OneStream(const Fd& fd, Direction direction)
      : stream{*Stream::create(fd.raw(), direction, *loop, {}, [](std::uint32_t) {})} {}
};

TEST(Stream, APipeDoesNotBlockAndItsOwnersDescriptorStillDoes) {
  const Pair pipe = make_pipe();
  const OneStream in{pipe.first, Direction::in};
  const OneStream out{pipe.second, Direction::out};
  EXPECT_EQ(in.stream.pump(), nullptr);
  EXPECT_EQ(out.stream.pump(), nullptr);
  EXPECT_FALSE(blocks(in.stream.fd()));
  EXPECT_FALSE(blocks(out.stream.fd()));
  EXPECT_TRUE(blocks(pipe.first.raw()));
  EXPECT_TRUE(blocks(pipe.second.raw()));
}

TEST(Stream, ATerminalDoesNotBlockAndItsOwnersDescriptorStillDoes) {
  const Pair terminal = make_terminal();
  const OneStream out{terminal.second, Direction::out};
  EXPECT_EQ(out.stream.pump(), nullptr);
  EXPECT_FALSE(blocks(out.stream.fd()));
  EXPECT_TRUE(blocks(terminal.second.raw()));
}

TEST(Stream, APtysMasterIsNotOpenedAgainForThatWouldBeAnotherPty) {
  const Pair terminal = make_terminal();
  const OneStream out{terminal.first, Direction::out};
  ASSERT_EQ(::write(out.stream.fd(), "x\n", 2), 2);
  char got = 0;
  ASSERT_EQ(::read(terminal.second.raw(), &got, 1), 1);
  EXPECT_EQ(got, 'x');
}

TEST(Stream, BothDirectionsOfOneDescriptorAreWatched) {
  const Pair terminal = make_terminal();
  const auto loop = *EventLoop::create();
  const auto nothing = [](std::uint32_t) {};
  auto in = Stream::create(terminal.first.raw(), Direction::in, *loop, {}, nothing);
  auto out = Stream::create(terminal.first.raw(), Direction::out, *loop, {}, nothing);
  ASSERT_TRUE(in);
  ASSERT_TRUE(out);
  in->want(true);
  out->want(true);
  EXPECT_EQ(in->pump(), nullptr);
  EXPECT_EQ(out->pump(), nullptr);
}

TEST(Stream, ASocketNeedsNoThread) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
  const Fd one{ends[0]};
  const Fd other{ends[1]};
  const OneStream out{one, Direction::out};
  EXPECT_EQ(out.stream.pump(), nullptr);
  EXPECT_EQ(::write(out.stream.fd(), "x", 1), 1);
}

TEST(Stream, FilesAndWhatEpollRefusesHaveAThread) {
  const Fd file{::memfd_create("stream_test", MFD_CLOEXEC)};
  const Fd full = *open_file("/dev/full", O_WRONLY);
  EXPECT_NE((OneStream{file, Direction::out}.stream.pump()), nullptr);
  EXPECT_NE((OneStream{full, Direction::out}.stream.pump()), nullptr);
}

TEST(Stream, NowhereAndDevNullAreTheSame) {
  const Fd null = *open_file("/dev/null", O_RDWR);
  EXPECT_EQ((OneStream{null, Direction::in}.stream.fd()), -1);
  EXPECT_EQ((OneStream{Fd{}, Direction::out}.stream.fd()), -1);
}

}  // namespace
}  // namespace takt
