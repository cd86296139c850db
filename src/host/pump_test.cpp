// SPDX-License-Identifier: Apache-2.0
#include "host/pump.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>
#include <thread>

namespace takt {
namespace {

/// A file that is in memory, and what is in it.
Fd make_file() { return Fd{::memfd_create("pump_test", MFD_CLOEXEC)}; }

Fd again(const Fd& fd) { return Fd{::fcntl(fd.raw(), F_DUPFD_CLOEXEC, 0)}; }

std::string content(const Fd& file) {
  std::string text(1 << 20, '\0');
  const ssize_t n = ::pread(file.raw(), text.data(), text.size(), 0);
  text.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
  return text;
}

/// Waits for room where there is none.
void put(const Fd& end, std::string_view text) {
  while (!text.empty()) {
    pollfd p{.fd = end.raw(), .events = POLLOUT, .revents = 0};
    ASSERT_EQ(::poll(&p, 1, 5000), 1);
    const ssize_t n = ::write(end.raw(), text.data(), text.size());
    ASSERT_GT(n, 0);
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string take_all(const Fd& end) {
  std::string text;
  std::array<char, 4096> buffer{};
  pollfd p{.fd = end.raw(), .events = POLLIN, .revents = 0};
  while (::poll(&p, 1, 5000) == 1) {
    const ssize_t n = ::read(end.raw(), buffer.data(), buffer.size());
    if (n <= 0) break;
    text.append(buffer.data(), static_cast<std::size_t>(n));
  }
  return text;
}

std::string letters(std::size_t n) {
  std::string text(n, '\0');
  for (std::size_t i = 0; i < n; ++i) text[i] = static_cast<char>('a' + i % 26);
  return text;
}

TEST(Pump, WhatWasPutInIsInTheFileWhenItHasFinished) {
  const Fd file = make_file();
  const auto pump = *Pump::create(again(file), Direction::out);
  ASSERT_TRUE(pump->start("test-out"));
  const std::string sent = letters(300'000);
  put(pump->end(), sent);
  pump->finish(5000);
  EXPECT_EQ(content(file), sent);
  EXPECT_EQ(pump->dropped(), 0u);
}

TEST(Pump, AFileComesOutWholeAndThenEnds) {
  const std::string sent = letters(300'000);
  const Fd file = make_file();
  ASSERT_TRUE(write_all(file, std::as_bytes(std::span{sent})));
  ASSERT_EQ(::lseek(file.raw(), 0, SEEK_SET), 0);
  const auto pump = *Pump::create(again(file), Direction::in);
  ASSERT_TRUE(pump->start("test-in"));
  EXPECT_EQ(take_all(pump->end()), sent);
}

TEST(Pump, TakesNothingFromAFileBeforeItStarts) {
  const Fd file = make_file();
  ASSERT_TRUE(write_all(file, std::as_bytes(std::span{"text", 4})));
  ASSERT_EQ(::lseek(file.raw(), 0, SEEK_SET), 0);
  {
    const auto pump = *Pump::create(again(file), Direction::in);
  }
  EXPECT_EQ(::lseek(file.raw(), 0, SEEK_CUR), 0);
}

TEST(Pump, TheUsersEndDoesNotBlock) {
  const auto pump = *Pump::create(make_file(), Direction::out);
  const std::string much = letters(1 << 20);
  EXPECT_LT(::write(pump->end().raw(), much.data(), much.size()), 1 << 20);
  EXPECT_EQ(::write(pump->end().raw(), much.data(), much.size()), -1);
  EXPECT_EQ(errno, EAGAIN);
}

TEST(Pump, AFullDiskLosesAndCountsAndTakesMore) {
  const auto pump = *Pump::create(*open_file("/dev/full", O_WRONLY), Direction::out);
  ASSERT_TRUE(pump->start("test-out"));
  put(pump->end(), letters(200'000));
  pump->finish(5000);
  EXPECT_EQ(pump->dropped(), 200'000u);
}

TEST(Pump, AReaderThatGoesEndsAPumpThatHasMoreToBring) {
  const auto pump = *Pump::create(*open_file("/dev/zero", O_RDONLY), Direction::in);
  ASSERT_TRUE(pump->start("test-in"));
  const auto before = std::chrono::steady_clock::now();
  pump->finish(5000);
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds{4});
}

/// A pipe that nobody reads takes the disk's place: it keeps the thread waiting for ever.
TEST(Pump, AThreadThatIsStuckIsLeftBehindInTime) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  Fd never_read{ends[0]};
  const auto before = std::chrono::steady_clock::now();
  {
    const auto pump = *Pump::create(Fd{ends[1]}, Direction::out);
    ASSERT_TRUE(pump->start("test-out"));
    put(pump->end(), letters(100'000));
    pump->finish(50);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::milliseconds{900});
  Fd{std::move(never_read)};  // the thread goes
}

/// Also when its file has ended long ago.
TEST(Pump, ItsThreadIsOrdinaryAndThereUntilItIsFinished) {
  const auto pump = *Pump::create(make_file(), Direction::in);
  ASSERT_TRUE(pump->start("test-in"));
  EXPECT_EQ(take_all(pump->end()), "");
  std::this_thread::sleep_for(std::chrono::milliseconds{20});
  const auto thread = effective_thread(pump->tid());
  ASSERT_TRUE(thread);
  EXPECT_EQ(thread->policy, "other");
  EXPECT_EQ(thread->name, "test-in");
}

}  // namespace
}  // namespace takt
