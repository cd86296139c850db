// SPDX-License-Identifier: Apache-2.0
#include "host/stream_port.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "base/rt.h"

namespace takt {
namespace {

using Bytes = std::vector<std::uint8_t>;

Bytes frame_of(std::size_t bytes) {
  Bytes frame(bytes);
  for (std::size_t n = 0; n < bytes; ++n) frame[n] = static_cast<std::uint8_t>(n % 251);
  return frame;
}

Bytes framed(const Bytes& frame) {
  const auto size = static_cast<std::uint32_t>(frame.size());
  Bytes all{static_cast<std::uint8_t>(size >> 24), static_cast<std::uint8_t>(size >> 16),
            static_cast<std::uint8_t>(size >> 8), static_cast<std::uint8_t>(size)};
  all.insert(all.end(), frame.begin(), frame.end());
  return all;
}

iovec piece(Bytes& bytes, std::size_t from, std::size_t count) {
  return {.iov_base = bytes.data() + from, .iov_len = count};
}

/// The loop's thread, until this goes: before the work that the loop does.
struct Server {
  EventLoop& loop;
  std::thread thread{[this] { loop.run(); }};
  explicit Server(EventLoop& of) : loop{of} {}
  ~Server() {
    loop.stop();
    thread.join();
  }
};

/// A port, the peer's end of its socket, and the loop; what a device does is in a section.
struct Link {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  Fd peer;
  std::unique_ptr<StreamPort> port;

  Link() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()), 0);
    peer = Fd{ends[0]};
    port = *StreamPort::adopt(Fd{ends[1]}, *loop, DeviceId{1});
  }
  bool send(std::span<const iovec> pieces, const FrameHeader& header = {}) const {
    const rt::Section section;
    return port->send(header, pieces);
  }
  bool send(Bytes& frame) const { return send(std::array{piece(frame, 0, frame.size())}); }
  std::optional<FramePort::Received> receive(std::span<const iovec> pieces) const {
    const rt::Section section;
    return port->receive(pieces);
  }
  std::optional<FramePort::Received> receive(Bytes& room) const {
    return receive(std::array{piece(room, 0, room.size())});
  }
  void put(const Bytes& bytes) const {
    EXPECT_EQ(::write(peer.raw(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  [[nodiscard]] Bytes take(std::size_t bytes) const {
    Bytes all(bytes);
    EXPECT_EQ(::recv(peer.raw(), all.data(), bytes, MSG_WAITALL), static_cast<ssize_t>(bytes));
    return all;
  }
};

template <class Condition>
bool soon(Condition condition) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!condition() && std::chrono::steady_clock::now() < end) std::this_thread::yield();
  return condition();
}

TEST(StreamPort, AFrameIsSentBehindItsLength) {
  const Link link;
  Bytes frame = frame_of(100);
  EXPECT_TRUE(link.send(std::array{piece(frame, 0, 14), piece(frame, 14, 86)}));
  EXPECT_EQ(link.take(104), framed(frame));
}

TEST(StreamPort, FramesAreReceivedOneByOneInPieces) {
  const Link link;
  const Bytes frame = frame_of(100);
  link.put(framed(frame));
  link.put(framed(frame_of(60)));
  Bytes room(200);
  auto got = link.receive(std::array{piece(room, 0, 14), piece(room, 14, 186)});
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, 100u);
  EXPECT_FALSE(got->truncated);
  EXPECT_TRUE(std::equal(frame.begin(), frame.end(), room.begin()));
  got = link.receive(room);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->bytes, 60u);
  EXPECT_FALSE(link.receive(room));
}

TEST(StreamPort, AFrameThatIsTooLongForThePiecesIsCutAndTheNextIsWhole) {
  const Link link;
  link.put(framed(frame_of(100)));
  link.put(framed(frame_of(60)));
  Bytes room(64);
  auto got = link.receive(room);
  EXPECT_EQ(got->bytes, 64u);
  EXPECT_TRUE(got->truncated);
  got = link.receive(room);
  EXPECT_EQ(got->bytes, 60u);
  EXPECT_FALSE(got->truncated);
}

TEST(StreamPort, AFrameWaitsForItsRest) {
  const Link link;
  Bytes stream = framed(frame_of(100));
  Bytes room(200);
  link.put(Bytes(stream.begin(), stream.begin() + 50));
  EXPECT_FALSE(link.receive(room));
  link.put(Bytes(stream.begin() + 50, stream.end()));
  EXPECT_EQ(link.receive(room)->bytes, 100u);
}

/// A peer that does not read, until the socket takes no more.
int fill(const Link& link, Bytes& frame) {
  int sent = 0;
  while (link.send(frame)) ++sent;
  return sent;
}

TEST(StreamPort, AFullSocketTakesNothingAndLosesNothing) {
  const Link link;
  Bytes frame = frame_of(60000);
  const int sent = fill(link, frame);
  ASSERT_GT(sent, 0);
  EXPECT_FALSE(link.send(frame));
  EXPECT_EQ(link.port->send_drops(), 0u);
}

TEST(StreamPort, WhatASocketTookInPartArrivesWhole) {
  Link link;
  Bytes frame = frame_of(60000);
  const int sent = fill(link, frame);
  const Server server{*link.loop};  // it sends the rest, though the device asks for nothing more
  for (int n = 0; n < sent; ++n) EXPECT_EQ(link.take(60004), framed(frame));
}

TEST(StreamPort, SendingGoesOnWhenThePeerHasRead) {
  Link link;
  struct Sender : Work {
    Link& link;
    Bytes frame = frame_of(60000);
    std::atomic<int> sent = 0;
    explicit Sender(Link& of) : link{of} {}
    Worked work() RT override {
      const std::array one{iovec{.iov_base = frame.data(), .iov_len = frame.size()}};
      bool more = true;
      while (sent < 50 && (more = link.port->send({}, one))) ++sent;
      link.port->want_send(!more);
      return Worked::nothing;
    }
  } sender{link};
  link.loop->add(sender);
  const Server server{*link.loop};
  for (int n = 0; n < 50; ++n) EXPECT_EQ(link.take(60004), framed(sender.frame));
  EXPECT_EQ(sender.sent, 50);
}

/// A device that takes a frame whenever it is called, and counts.
struct Receiver : Work {
  Link& link;
  Bytes room = Bytes(2000);
  std::atomic<int> got = 0;
  std::atomic<int> turns = 0;
  explicit Receiver(Link& of) : link{of} {}
  Worked work() RT override {
    ++turns;
    const std::array one{iovec{.iov_base = room.data(), .iov_len = room.size()}};
    if (!link.port->receive(one)) return Worked::nothing;
    ++got;
    return Worked::all;
  }
};

TEST(StreamPort, AServerThatSleepsIsWokenByAFrame) {
  Link link;
  Receiver receiver{link};
  link.loop->add(receiver);
  link.port->want_receive(true);
  const Server server{*link.loop};
  for (int n = 1; n <= 100; ++n) {
    link.put(framed(frame_of(60)));
    EXPECT_TRUE(soon([&] { return receiver.got == n; }));
  }
}

TEST(StreamPort, WhatCannotBeSentIsDroppedAndCounted) {
  const Link link;
  Bytes frame = frame_of(65537);
  EXPECT_TRUE(link.send(frame));
  EXPECT_TRUE(link.send(std::array{piece(frame, 0, 60)}, {.flags = FrameHeader::needs_csum}));
  EXPECT_TRUE(link.send(std::span<const iovec>{}));
  EXPECT_TRUE(link.send(std::vector<iovec>(65, piece(frame, 0, 60))));
  EXPECT_EQ(link.port->send_drops(), 4u);
  EXPECT_TRUE(link.port->connected());
}

TEST(StreamPort, APeerThatGoesIsToldOnceAndTheServerSleeps) {
  Link link;
  std::atomic<int> told = 0;
  link.port->on_disconnect([&] { ++told; });
  Receiver receiver{link};
  link.loop->add(receiver);
  link.port->want_receive(true);
  const Server server{*link.loop};
  Fd{std::move(link.peer)};
  EXPECT_TRUE(soon([&] { return told == 1; }));
  EXPECT_FALSE(link.port->connected());
  std::this_thread::sleep_for(std::chrono::milliseconds{50});
  EXPECT_LT(receiver.turns, 20);
  EXPECT_EQ(told, 1);
}

TEST(StreamPort, WithoutAPeerWhatIsSentIsDropped) {
  Link link;
  Fd{std::move(link.peer)};
  Bytes frame = frame_of(60);
  EXPECT_TRUE(link.send(frame));
  EXPECT_TRUE(link.send(frame));
  EXPECT_EQ(link.port->send_drops(), 2u);
  EXPECT_FALSE(link.port->connected());
}

TEST(StreamPort, WhatThePeerSentBeforeItWentIsReceived) {
  Link link;
  std::atomic<bool> told = false;
  link.port->on_disconnect([&] { told = true; });
  link.put(framed(frame_of(60)));
  link.put(framed(frame_of(61)));
  Fd{std::move(link.peer)};
  const Server server{*link.loop};
  EXPECT_TRUE(soon([&] { return told.load(); }));
  Bytes room(100);
  EXPECT_EQ(link.receive(room)->bytes, 60u);
  EXPECT_EQ(link.receive(room)->bytes, 61u);
  EXPECT_FALSE(link.receive(room));
}

TEST(StreamPort, APeerThatSpeaksAnotherLanguageIsCutOff) {
  Link link;
  std::atomic<bool> told = false;
  link.port->on_disconnect([&] { told = true; });
  const std::string_view words = "GET / HTTP/1.1\r\n\r\n";
  link.put(Bytes(words.begin(), words.end()));
  Bytes room(100);
  EXPECT_FALSE(link.receive(room));
  EXPECT_FALSE(link.port->connected());
  const Server server{*link.loop};
  EXPECT_TRUE(soon([&] { return told.load(); }));
  EXPECT_EQ(::read(link.peer.raw(), room.data(), room.size()), 0);
}

TEST(StreamPort, ConnectsToAPathAndSaysWhenNobodyIsThere) {
  const auto loop = *EventLoop::create();
  const std::string path =
      std::filesystem::temp_directory_path() / ("takt-stream-test-" + std::to_string(::getpid()));
  const auto missing = StreamPort::connect(path, *loop, {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().text, "connect to " + path +
                                      ": No such file or directory (start the switch, or passt "
                                      "--socket, first)");
  const Fd listener{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  ASSERT_EQ(::bind(listener.raw(), reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener.raw(), 1), 0);
  EXPECT_TRUE(StreamPort::connect(path, *loop, {}));
  std::filesystem::remove(path);
}

TEST(StreamPort, APathThatIsTooLongAndADescriptorThatIsNoSocketAreRefused) {
  const auto loop = *EventLoop::create();
  EXPECT_FALSE(StreamPort::connect(std::string(108, 'x'), *loop, {}));
  const auto file = StreamPort::adopt(*open_file("/dev/null", O_RDWR), *loop, {});
  ASSERT_FALSE(file);
  EXPECT_TRUE(file.error().text.ends_with("is no stream socket"));
}

}  // namespace
}  // namespace takt
