// SPDX-License-Identifier: Apache-2.0
#include "host/console.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

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

TEST(Console, AFullRingRefusesAndAServedOneTakesAgain) {
  ServedConsole t{*ConsoleEndpoint::open({ConsoleKind::none})};
  int stored = 0;
  while (t.console->push('x')) ++stored;
  EXPECT_EQ(stored, 16384);
  t.start();
  while (!t.console->push('y')) std::this_thread::yield();
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
  ::testing::internal::CaptureStderr();
  auto end = ConsoleEndpoint::open({ConsoleKind::pty});
  const std::string said = ::testing::internal::GetCapturedStderr();
  ASSERT_TRUE(end);
  const std::string name = said.substr(said.find("/dev"), said.find('\n') - said.find("/dev"));
  ServedConsole t{std::move(*end)};
  const Fd slave{::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  ASSERT_TRUE(slave);
  std::atomic<char> received = 0;
  ConsoleClient client;
  client.receive = [&](std::span<const std::uint8_t> bytes) {
    received = static_cast<char>(bytes[0]);
    return bytes.size();
  };
  t.console->attach(client);
  t.start();
  EXPECT_TRUE(t.console->push('o'));
  char got = 0;
  EXPECT_EQ(::read(slave.raw(), &got, 1), 1);
  EXPECT_EQ(got, 'o');
  EXPECT_EQ(::write(slave.raw(), "i", 1), 1);
  while (received == 0) std::this_thread::yield();
  EXPECT_EQ(received, 'i');
}

}  // namespace
}  // namespace takt
