// SPDX-License-Identifier: Apache-2.0
#include "host/passt.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#include "host/stream_port.h"

namespace takt {
namespace {

/// QEMU's user mode makes a copy of the process, whose failure to start a program nobody is told.
bool is_told_of_failure() {
  pid_t pid = 0;
  std::array<char*, 2> argv{const_cast<char*>("program-that-is-not-there"), nullptr};
  return ::posix_spawnp(&pid, argv[0], nullptr, nullptr, argv.data(), environ) == ENOENT;
}

TEST(Passt, ThatItIsNotInstalledIsSaidWithTheRemedy) {
  if (!is_told_of_failure()) GTEST_SKIP() << "posix_spawnp() reports success";
  const auto socket = start_passt({}, "passt-that-is-not-there");
  ASSERT_FALSE(socket);
  EXPECT_EQ(
      socket.error().text,
      "passt-that-is-not-there: not found, or may not be run (apt install passt, or use a tap)");
}

TEST(Passt, WhatItRefusesIsItsOwnWordOnOneLine) {
  const auto refused = start_passt({"--no-such-option"});
  ASSERT_FALSE(refused);
  if (refused.error().text.contains("not found")) GTEST_SKIP() << refused.error().text;
  EXPECT_TRUE(refused.error().text.starts_with("passt: ")) << refused.error().text;
  EXPECT_FALSE(refused.error().text.contains('\n'));
}

/// Who has 192.0.2.77 (RFC 5737: an address for examples)? passt answers for all but the guest's.
std::vector<std::uint8_t> arp_request() {
  std::vector<std::uint8_t> frame{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0,   1, 8, 6,
                                  0,    1,    8,    0,    6,    4,    0, 1, 2, 0, 0,   0, 0, 1,
                                  192,  0,    2,    200,  0,    0,    0, 0, 0, 0, 192, 0, 2, 77};
  frame.resize(60);
  return frame;
}

TEST(Passt, AGuestsQuestionIsAnsweredAndItGoesWithTheSocket) {
  auto socket = start_passt({"--ipv4-only", "-a", "192.0.2.200", "-n", "24", "-g", "192.0.2.1"});
  if (!socket) GTEST_SKIP() << socket.error().text;
  const auto loop = *EventLoop::create();
  const auto port = *StreamPort::adopt(std::move(*socket), *loop, {});
  std::vector<std::uint8_t> frame = arp_request();
  EXPECT_TRUE(port->send({}, std::array{iovec{.iov_base = frame.data(), .iov_len = 60}}));
  std::vector<std::uint8_t> room(2000);
  const std::array pieces{iovec{.iov_base = room.data(), .iov_len = room.size()}};
  bool answered = false;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!answered && std::chrono::steady_clock::now() < end) {
    const auto got = port->receive(pieces);
    answered = got && got->bytes >= 42 && room[12] == 8 && room[13] == 6 && room[21] == 2;
    if (!got) std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  EXPECT_TRUE(answered);
  EXPECT_TRUE(port->connected());
}

}  // namespace
}  // namespace takt
