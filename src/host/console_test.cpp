// SPDX-License-Identifier: Apache-2.0
#include "host/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

namespace takt {
namespace {

/// A console on a loop with its thread, from start() to end().
struct ServedConsole {
  std::unique_ptr<EventLoop> loop = *EventLoop::create();
  std::unique_ptr<Console> console;
  std::thread server;

  explicit ServedConsole(ConsoleEndpoint endpoint)
      : console{*Console::create(std::move(endpoint), *loop, {})} {}
  void start() {
    ASSERT_TRUE(console->start("test"));
    server = std::thread{[this] { loop->run(); }};
  }
  void end() {
    loop->stop();
    server.join();
  }
  ~ServedConsole() {
    if (server.joinable()) end();
  }
};

/// A console on a file of its own, served until the end of the test.
struct FileConsole {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("console_test." + std::to_string(::getpid()));
  std::unique_ptr<ServedConsole> served;

  FileConsole() {
    std::filesystem::remove(path);
    open_again();
  }
  void open_again() {
    served =
        std::make_unique<ServedConsole>(*ConsoleEndpoint::open({ConsoleKind::file, path.string()}));
    served->start();
  }
  [[nodiscard]] Console& console() const { return *served->console; }
  std::string end() {
    served->end();
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  ~FileConsole() { std::filesystem::remove(path); }
};

TEST(Console, OutputArrivesWholeAndInOrder) {
  FileConsole t;
  std::string sent;
  for (int i = 0; i < 100'000; ++i) {
    const char c = static_cast<char>('a' + i % 26);
    while (!t.console().push(static_cast<std::uint8_t>(c))) std::this_thread::yield();
    sent += c;
  }
  EXPECT_EQ(t.end(), sent);
}

TEST(Console, AFileIsAppendedTo) {
  FileConsole t;
  EXPECT_TRUE(t.console().push('b'));
  EXPECT_EQ(t.end(), "b");
  t.open_again();
  EXPECT_TRUE(t.console().push('c'));
  EXPECT_EQ(t.end(), "bc");
}

TEST(Console, SeveralBytesAtOnceAreTakenAsFarAsThereIsRoom) {
  FileConsole t;
  const std::string text(40'000, 'x');
  const std::span bytes{static_cast<const std::uint8_t*>(static_cast<const void*>(text.data())),
                        text.size()};
  for (std::size_t sent = 0; sent < bytes.size();) {
    const std::size_t taken = t.console().push_some(bytes.subspan(sent));
    sent += taken;
    if (taken == 0) std::this_thread::yield();
  }
  EXPECT_EQ(t.end(), text);
}

TEST(Console, AFullRingRefusesAndAServedOneTakesAgain) {
  ServedConsole t{*ConsoleEndpoint::open({ConsoleKind::none})};
  int stored = 0;
  while (t.console->push('x')) ++stored;
  EXPECT_EQ(stored, 16384);
  t.start();
  while (!t.console->push('y')) std::this_thread::yield();
}

/// A pty with both its ends: what the console is on, and what the user has open.
struct PtyConsole {
  std::string name;
  std::unique_ptr<ServedConsole> served;
  PtyConsole() {
    ::testing::internal::CaptureStderr();
    auto end = ConsoleEndpoint::open({ConsoleKind::pty});
    const std::string said = ::testing::internal::GetCapturedStderr();
    name = said.substr(said.find("/dev"), said.find('\n') - said.find("/dev"));
    served = std::make_unique<ServedConsole>(std::move(*end));
  }
  [[nodiscard]] Fd open() const { return *open_file(name, O_RDWR | O_NOCTTY); }
};

std::string read_exactly(const Fd& fd, std::size_t bytes) {
  std::string text(bytes, '\0');
  for (std::size_t n = 0; n < bytes;) {
    const ssize_t got = ::read(fd.raw(), text.data() + n, bytes - n);
    if (got <= 0) return text.substr(0, n);
    n += static_cast<std::size_t>(got);
  }
  return text;
}

/// Takes what it is offered, from the n-th offer on.
struct Taker {
  explicit Taker(int refusals) : refusals_{refusals} {}
  std::size_t operator()(std::span<const std::uint8_t> bytes) {
    if (offers++ < refusals_) return 0;
    taken += static_cast<int>(bytes.size());
    return bytes.size();
  }
  std::atomic<int> offers = 0;
  std::atomic<int> taken = 0;

 private:
  const int refusals_;
};

ConsoleClient client_of(Taker& taker) {
  ConsoleClient client;
  client.receive = [&taker](std::span<const std::uint8_t> bytes) { return taker(bytes); };
  return client;
}

TEST(Console, InputThatTheGuestDoesNotTakeIsOfferedAgainUntilItDoes) {
  Taker taker{5};
  PtyConsole t;
  t.served->console->attach(client_of(taker));
  t.served->start();
  const Fd user = t.open();
  ASSERT_EQ(::write(user.raw(), "abc", 3), 3);
  while (taker.taken < 3) std::this_thread::yield();
  EXPECT_EQ(taker.offers, 6);
}

TEST(Console, AReaderThatDoesNotReadHoldsUpNothingElseOnTheServer) {
  Taker taker{0};
  PtyConsole t;
  t.served->console->attach(client_of(taker));
  t.served->start();
  const Fd user = t.open();
  std::string sent;
  for (int stuck = 0; stuck < 100;) {
    if (t.served->console->push('x')) {
      sent += 'x';
      continue;
    }
    ++stuck;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  ASSERT_EQ(::write(user.raw(), "abc", 3), 3);
  while (taker.taken < 3) std::this_thread::yield();
  EXPECT_EQ(read_exactly(user, sent.size()), sent);
  EXPECT_EQ(t.served->console->dropped(), 0u);
}

TEST(Console, APtyThatIsLeftAndOpenedAgainGoesOn) {
  Taker taker{0};
  PtyConsole t;
  t.served->console->attach(client_of(taker));
  t.served->start();
  for (int n = 1; n <= 2; ++n) {
    const Fd user = t.open();
    ASSERT_EQ(::write(user.raw(), "a", 1), 1);
    while (taker.taken < n) std::this_thread::yield();
    ASSERT_TRUE(t.served->console->push('b'));
    EXPECT_EQ(read_exactly(user, 1), "b");
  }
}

TEST(Console, AtTheEndAReaderThatDoesNotReadIsWaitedForOneSecond) {
  PtyConsole t;
  t.served->start();
  const Fd user = t.open();
  for (int stuck = 0; stuck < 100;) {
    if (t.served->console->push('x')) continue;
    ++stuck;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  const auto before = std::chrono::steady_clock::now();
  t.served->end();
  const auto took = std::chrono::steady_clock::now() - before;
  EXPECT_GE(took, std::chrono::milliseconds{900});
  EXPECT_LT(took, std::chrono::milliseconds{3000});
}

TEST(Console, TheDeviceIsToldWhenThereIsRoomAgain) {
  std::atomic<int> told = 0;
  ServedConsole t{*ConsoleEndpoint::open({ConsoleKind::none})};
  ConsoleClient client;
  client.tx_resume = [&] { ++told; };
  t.console->attach(client);
  while (t.console->push('x')) continue;
  EXPECT_EQ(told, 0);
  t.start();
  while (told == 0) std::this_thread::yield();
  EXPECT_TRUE(t.console->push('y'));
}

TEST(ConsoleTarget, ParsesItsForms) {
  EXPECT_EQ(ConsoleTarget::parse("stdio")->kind, ConsoleKind::stdio);
  EXPECT_EQ(ConsoleTarget::parse("file:/tmp/x")->path, "/tmp/x");
  EXPECT_FALSE(ConsoleTarget::parse("file:"));
  EXPECT_FALSE(ConsoleTarget::parse("tty"));
}

TEST(ConsoleEndpoint, AFileThatCannotBeOpenedIsNamed) {
  const auto end = ConsoleEndpoint::open({ConsoleKind::file, "/nonexistent/console"});
  ASSERT_FALSE(end);
  EXPECT_EQ(end.error().text, "open /nonexistent/console: No such file or directory");
}

TEST(ConsoleEndpoint, APtyCarriesBytesBothWays) {
  std::atomic<char> received = 0;
  PtyConsole t;
  const Fd slave = t.open();
  ConsoleClient client;
  client.receive = [&](std::span<const std::uint8_t> bytes) {
    received = static_cast<char>(bytes[0]);
    return bytes.size();
  };
  t.served->console->attach(client);
  t.served->start();
  EXPECT_TRUE(t.served->console->push('o'));
  EXPECT_EQ(read_exactly(slave, 1), "o");
  EXPECT_EQ(::write(slave.raw(), "i", 1), 1);
  while (received == 0) std::this_thread::yield();
  EXPECT_EQ(received, 'i');
}

}  // namespace
}  // namespace takt
