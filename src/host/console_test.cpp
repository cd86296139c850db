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

/// A console on a file of its own, served by a thread until the end of the test.
struct FileConsole {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("console_test." + std::to_string(::getpid()));
  std::unique_ptr<Console> console;
  std::thread server;

  FileConsole() {
    std::filesystem::remove(path);
    console = *Console::create(*ConsoleEndpoint::open({ConsoleKind::file, path.string()}));
    server = std::thread{[this] { console->serve({}); }};
  }
  std::string end() {
    console->stop();
    server.join();
    std::ifstream file{path};
    return {std::istreambuf_iterator<char>{file}, {}};
  }
  ~FileConsole() {
    if (server.joinable()) end();
    std::filesystem::remove(path);
  }
};

TEST(Console, OutputArrivesWholeAndInOrder) {
  FileConsole t;
  std::string sent;
  for (int i = 0; i < 100'000; ++i) {
    const char c = static_cast<char>('a' + i % 26);
    while (!t.console->push(static_cast<std::uint8_t>(c))) std::this_thread::yield();
    sent += c;
  }
  EXPECT_EQ(t.end(), sent);
}

TEST(Console, AFileIsAppendedTo) {
  FileConsole t;
  EXPECT_TRUE(t.console->push('b'));
  EXPECT_EQ(t.end(), "b");
  auto again = Console::create(*ConsoleEndpoint::open({ConsoleKind::file, t.path.string()}));
  EXPECT_TRUE((*again)->push('c'));
  (*again)->stop();
  (*again)->serve({});
  std::ifstream file{t.path};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{file}, {}), "bc");
}

TEST(Console, AFullRingRefusesAndAServedOneTakesAgain) {
  auto console = *Console::create(*ConsoleEndpoint::open({ConsoleKind::none}));
  int stored = 0;
  while (console->push('x')) ++stored;
  EXPECT_EQ(stored, 16384);
  std::thread server{[&] { console->serve({}); }};
  while (!console->push('y')) std::this_thread::yield();
  console->stop();
  server.join();
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
  auto console = *Console::create(std::move(*end));
  const Fd slave{::open(name.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC)};
  ASSERT_TRUE(slave);
  std::atomic<char> received = 0;
  ConsoleClient client;
  client.receive = [&](std::span<const std::uint8_t> bytes) {
    received = static_cast<char>(bytes[0]);
    return bytes.size();
  };
  std::thread server{[&] { console->serve(client); }};
  EXPECT_TRUE(console->push('o'));
  char got = 0;
  EXPECT_EQ(::read(slave.raw(), &got, 1), 1);
  EXPECT_EQ(got, 'o');
  EXPECT_EQ(::write(slave.raw(), "i", 1), 1);
  while (received == 0) std::this_thread::yield();
  EXPECT_EQ(received, 'i');
  console->stop();
  server.join();
}

}  // namespace
}  // namespace takt
