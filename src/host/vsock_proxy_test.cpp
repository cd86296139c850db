// SPDX-License-Identifier: Apache-2.0
// The proxy is called as a device calls it, in a real-time section, so that a guard build looks at
// what it does.
#include "host/vsock_proxy.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "base/rt.h"
#include "host/test_host_dir.h"

namespace takt {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}
const sockaddr* raw(const sockaddr_un& address) {
  return static_cast<const sockaddr*>(static_cast<const void*>(&address));
}
Fd unix_socket() { return Fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)}; }

Fd listen_at(const std::string& path) {
  Fd fd = unix_socket();
  const sockaddr_un address = address_of(path);
  EXPECT_EQ(::bind(fd.raw(), raw(address), sizeof address), 0);
  EXPECT_EQ(::listen(fd.raw(), 8), 0);
  return fd;
}

/// What is there; "end" at the end, "" when nothing is.
std::string read_from(const Fd& fd) {
  std::array<char, 4096> text;
  const ssize_t n = ::recv(fd.raw(), text.data(), text.size(), MSG_DONTWAIT);
  if (n == 0) return "end";
  if (n < 0) return errno == EAGAIN ? "" : "reset";
  return {text.data(), static_cast<std::size_t>(n)};
}
void write_to(const Fd& fd, std::string_view text) {
  EXPECT_EQ(::send(fd.raw(), text.data(), text.size(), MSG_NOSIGNAL), std::ssize(text));
}

class VsockProxyTest : public testing::Test {
 protected:
  using Stream = VsockBackend::Stream;
  using Event = VsockBackend::Event;

  VsockProxyTest() {
    loop->stop();  // so that run() looks at what is ready, once
  }

  /// As the device's server.
  template <class Call>
  auto rt(Call&& call) {
    const rt::Section section;
    return call();
  }
  /// What the proxy reports next. Some looks: one brings a caller, another one its greeting.
  std::optional<Event> event() {
    for (int n = 0; n < 3; ++n) {
      loop->run();
      if (const auto next = rt([this] { return proxy->next_event(); })) return next;
    }
    return std::nullopt;
  }
  std::optional<Stream> connect(std::uint32_t port) {
    return rt([&] { return proxy->connect(port); });
  }
  void accept(Stream stream, std::uint32_t port) {
    rt([&] { return proxy->accept(stream, port), 0; });
  }
  void close(Stream stream) {
    rt([&] { return proxy->close(stream), 0; });
  }
  VsockBackend::Sent send(Stream stream, std::string_view text) {
    const iovec piece{const_cast<char*>(text.data()), text.size()};
    return rt([&] { return proxy->send(stream, {&piece, 1}); });
  }
  /// As read_from().
  std::string receive(Stream stream) {
    std::array<char, 4096> text;
    const iovec piece{text.data(), text.size()};
    const auto got = rt([&] { return proxy->receive(stream, {&piece, 1}); });
    return got.ended ? "end" : std::string{text.data(), got.bytes};
  }
  Fd call(std::string_view greeting = "") const {
    Fd fd = unix_socket();
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::connect(fd.raw(), raw(address), sizeof address), 0);
    if (!greeting.empty()) write_to(fd, greeting);
    return fd;
  }
  static Result<std::unique_ptr<VsockProxy>> proxy_at(const std::string& at, EventLoop& loop,
                                                      std::uint16_t streams = 4) {
    return VsockProxy::create({.path = at, .streams = streams}, loop, DeviceId{1});
  }

  TestHostDir dir;
  std::string path = dir.root() / "vsock";
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::unique_ptr<VsockProxy> proxy = *proxy_at(path, *loop);
};

// --- from the guest ---

TEST_F(VsockProxyTest, TheGuestReachesTheListenerOfItsPort) {
  const Fd listener = listen_at(path + "_1234");
  const auto stream = connect(1234);
  ASSERT_TRUE(stream);
  const Fd host{::accept(listener.raw(), nullptr, nullptr)};
  EXPECT_EQ(send(*stream, "hello").bytes, 5u);
  EXPECT_EQ(read_from(host), "hello");
  write_to(host, "world");
  EXPECT_TRUE(event());
  EXPECT_EQ(receive(*stream), "world");
  EXPECT_EQ(receive(*stream), "");
}

TEST_F(VsockProxyTest, WhereNobodyListensTheGuestIsRefused) {
  EXPECT_FALSE(connect(1));
  {
    const Fd left_behind = listen_at(path + "_2");
  }
  EXPECT_FALSE(connect(2));
}

TEST_F(VsockProxyTest, TheLargestPortHasAPathOfItsOwn) {
  const Fd listener = listen_at(path + "_4294967295");
  EXPECT_TRUE(connect(UINT32_MAX));
  EXPECT_FALSE(connect(429496729));
}

TEST_F(VsockProxyTest, StreamsBeyondTheirNumberAreRefusedUntilOneIsClosed) {
  const Fd listener = listen_at(path + "_1");
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(connect(1));
  EXPECT_FALSE(connect(1));
  close(2);
  EXPECT_EQ(connect(1), Stream{2});
}

// --- from the host ---

TEST_F(VsockProxyTest, AHostThatAsksForAPortIsToldWhenTheGuestHasAccepted) {
  const Fd host = call("CONNECT 52\n");
  const auto called = event();
  ASSERT_TRUE(called);
  EXPECT_TRUE(called->incoming);
  EXPECT_EQ(called->port, 52u);
  EXPECT_FALSE(called->hung_up);
  EXPECT_EQ(read_from(host), "");
  accept(called->stream, 1073741824);
  EXPECT_EQ(read_from(host), "OK 1073741824\n");
}

TEST_F(VsockProxyTest, AGreetingMayComeInPieces) {
  const Fd host = call();
  EXPECT_FALSE(event());
  write_to(host, "CONN");
  EXPECT_FALSE(event());
  write_to(host, "ECT 4294967295");
  EXPECT_FALSE(event());
  write_to(host, "\n");
  const auto called = event();
  ASSERT_TRUE(called);
  EXPECT_EQ(called->port, UINT32_MAX);
}

TEST_F(VsockProxyTest, WhatFollowsTheGreetingIsTheGuests) {
  const Fd host = call("CONNECT 1\nGET / and much more than a greeting is long\n");
  const auto called = event();
  ASSERT_TRUE(called);
  accept(called->stream, 5);
  EXPECT_EQ(receive(called->stream), "GET / and much more than a greeting is long\n");
}

TEST_F(VsockProxyTest, AnythingButAGreetingIsHungUpOn) {
  for (const char* words :
       {"\n", "HELLO 1\n", "CONNECT\n", "CONNECT \n", "CONNECT x\n", "CONNECT 1 \n", "CONNECT -1\n",
        "CONNECT 4294967296\n", "connect 1\n", "CONNECT 000000000000000000000000001\n"}) {
    const Fd host = call(words);
    EXPECT_FALSE(event()) << words;
    EXPECT_NE(read_from(host), "") << words;
  }
  EXPECT_TRUE((call("CONNECT 1\n"), event()));
}

TEST_F(VsockProxyTest, AHostThatHangsUpBeforeItsGreetingTakesNoStream) {
  for (int n = 0; n < 10; ++n) {
    {
      const Fd host = call();
      EXPECT_FALSE(event());
      if (n % 2 == 0) write_to(host, "CONN");
    }
    EXPECT_FALSE(event());
  }
  const Fd host = call("CONNECT 1\n");
  EXPECT_TRUE(event());
}

TEST_F(VsockProxyTest, AHostThatHangsUpBeforeTheAnswerIsReported) {
  Fd host = call("CONNECT 1\n");
  const auto called = event();
  ASSERT_TRUE(called);
  host = Fd{};
  const auto gone = event();
  ASSERT_TRUE(gone);
  EXPECT_FALSE(gone->incoming);
  EXPECT_TRUE(gone->hung_up);
}

TEST_F(VsockProxyTest, CallersBeyondTheStreamsWaitUntilOneIsClosed) {
  std::vector<Fd> hosts;
  for (int n = 0; n < 6; ++n) hosts.push_back(call("CONNECT 1\n"));
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(event());
  EXPECT_FALSE(event());
  close(0);
  const auto next = event();
  ASSERT_TRUE(next);
  EXPECT_EQ(next->stream, 0u);
  EXPECT_FALSE(event());
}

// --- bytes and ends ---

class OpenVsockProxyTest : public VsockProxyTest {
 protected:
  OpenVsockProxyTest() {
    host = call("CONNECT 1\n");
    stream = event()->stream;
    accept(stream, 9);
    EXPECT_EQ(read_from(host), "OK 9\n");
  }
  Fd host;
  Stream stream = 0;
};

TEST_F(OpenVsockProxyTest, NothingIsReportedWhenNothingHappens) { EXPECT_FALSE(event()); }

TEST_F(OpenVsockProxyTest, AFullSocketIsReportedWhenItHasRoomAgain) {
  const std::string much(4096, 'x');
  while (send(stream, much).bytes == much.size()) {
  }
  EXPECT_EQ(send(stream, much).bytes, 0u);
  EXPECT_FALSE(event());
  while (!read_from(host).empty()) {
  }
  ASSERT_TRUE(event());
  EXPECT_EQ(send(stream, "y").bytes, 1u);
  EXPECT_FALSE(event());
  EXPECT_EQ(read_from(host), "y");
  EXPECT_FALSE(event()) << "nobody waits for room any more";
}

TEST_F(OpenVsockProxyTest, AHostThatSendsNoMoreStillReceives) {
  write_to(host, "bye");
  ::shutdown(host.raw(), SHUT_WR);
  const auto ended = event();
  ASSERT_TRUE(ended);
  EXPECT_FALSE(ended->hung_up);
  EXPECT_EQ(receive(stream), "bye");
  EXPECT_EQ(receive(stream), "end");
  EXPECT_EQ(send(stream, "still").bytes, 5u);
  EXPECT_EQ(read_from(host), "still");
}

TEST_F(OpenVsockProxyTest, AHostThatHangsUpIsReadToItsEndAndTakesNoMore) {
  write_to(host, "bye");
  host = Fd{};
  const auto gone = event();
  ASSERT_TRUE(gone);
  EXPECT_TRUE(gone->hung_up);
  EXPECT_EQ(receive(stream), "bye");
  EXPECT_EQ(receive(stream), "end");
  EXPECT_TRUE(send(stream, "too late").gone);
}

TEST_F(OpenVsockProxyTest, AGuestThatSendsNoMoreEndsTheHostsReading) {
  EXPECT_EQ(send(stream, "last").bytes, 4u);
  rt([&] { return proxy->finish_sending(stream), 0; });
  EXPECT_EQ(read_from(host), "last");
  EXPECT_EQ(read_from(host), "end");
  write_to(host, "answer");
  EXPECT_TRUE(event());
  EXPECT_EQ(receive(stream), "answer");
}

TEST_F(OpenVsockProxyTest, AStreamsNumberIsUsedAgainWithoutItsPast) {
  write_to(host, "left over");
  close(stream);
  EXPECT_FALSE(event());
  const Fd other = call("CONNECT 2\n");
  const auto called = event();
  ASSERT_TRUE(called);
  EXPECT_EQ(called->stream, stream);
  EXPECT_FALSE(called->hung_up);
  accept(stream, 10);
  EXPECT_EQ(receive(stream), "");
}

// --- on a server ---

/// Sends back what it receives, as far as there is room.
class Echo final : public Work {
 public:
  explicit Echo(VsockProxy& proxy) : proxy_{proxy} {}
  Worked work() RT override {
    bool worked = false;
    while (const auto event = proxy_.next_event()) {
      worked = true;
      if (event->incoming) proxy_.accept(event->stream, 1);
      carry(lines_[event->stream], event->stream);
    }
    return worked ? Worked::all : Worked::nothing;
  }

 private:
  struct Line {
    std::array<char, 3000> bytes;
    std::size_t begin = 0;
    std::size_t end = 0;
  };
  void carry(Line& line, VsockBackend::Stream stream) RT {
    for (;;) {
      if (line.begin == line.end) {
        const iovec all{line.bytes.data(), line.bytes.size()};
        const auto got = proxy_.receive(stream, {&all, 1});
        if (got.ended) return proxy_.close(stream);
        if (got.bytes == 0) return;
        line.begin = 0;
        line.end = got.bytes;
      }
      const iovec rest{line.bytes.data() + line.begin, line.end - line.begin};
      line.begin += proxy_.send(stream, {&rest, 1}).bytes;
      if (line.begin != line.end) return;
    }
  }
  VsockProxy& proxy_;
  std::array<Line, 4> lines_;
};

/// No event is lost, though each comes only once: what does not arrive would be waited for for
/// ever.
TEST(VsockProxy, OnARunningServerAllBytesArriveInBothDirections) {
  const TestHostDir dir;
  const std::string path = dir.root() / "vsock";
  const auto loop = *EventLoop::create();
  const auto proxy = *VsockProxy::create({.path = path, .streams = 4}, *loop, {});
  Echo echo{*proxy};
  loop->add(echo);
  std::thread server{[&] { loop->run(); }};
  const auto use = [&path](char letter) {
    const Fd fd = unix_socket();
    const sockaddr_un address = address_of(path);
    EXPECT_EQ(::connect(fd.raw(), raw(address), sizeof address), 0);
    write_to(fd, "CONNECT 1\n");
    std::array<char, 5000> text;
    EXPECT_EQ(::recv(fd.raw(), text.data(), 5, MSG_WAITALL), 5);
    EXPECT_EQ(std::string_view(text.data(), 5), "OK 1\n");
    std::thread writer{[&fd, letter] {
      for (int n = 0; n < 400; ++n) write_to(fd, std::string(2500, letter));
    }};
    std::size_t good = 0;
    for (std::size_t got = 0; got < 1'000'000;) {
      const ssize_t n = ::recv(fd.raw(), text.data(), text.size(), 0);
      if (n <= 0) break;
      got += static_cast<std::size_t>(n);
      good += static_cast<std::size_t>(std::count(text.begin(), text.begin() + n, letter));
    }
    EXPECT_EQ(good, 1'000'000u);
    writer.join();
  };
  // More than there are streams, one after the other and side by side.
  std::vector<std::thread> users;
  for (char letter = 'a'; letter < 'i'; ++letter) users.emplace_back(use, letter);
  for (std::thread& user : users) user.join();
  loop->stop();
  server.join();
}

// --- the socket ---

TEST_F(VsockProxyTest, TheSocketIsTheUsersOwnAndGoesWithTheProxy) {
  struct stat there{};
  ASSERT_EQ(::stat(path.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777u, 0600u);
  loop = nullptr;
  proxy = nullptr;
  EXPECT_NE(::stat(path.c_str(), &there), 0);
}

TEST_F(VsockProxyTest, ASocketThatWasLeftBehindIsReplaced) {
  const std::string other = dir.root() / "other";
  {
    const Fd left_behind = listen_at(other);
  }
  EXPECT_TRUE(proxy_at(other, *loop));
}

TEST_F(VsockProxyTest, ASocketInUseAndAFileAreLeftAlone) {
  EXPECT_FALSE(proxy_at(path, *loop));
  dir.has("file", "content");
  EXPECT_FALSE(proxy_at(dir.root() / "file", *loop));
}

TEST_F(VsockProxyTest, APathWithoutRoomForAPortIsRefused) {
  EXPECT_FALSE(proxy_at("", *loop));
  EXPECT_FALSE(proxy_at("/" + std::string(100, 'x'), *loop));
}

}  // namespace
}  // namespace takt
