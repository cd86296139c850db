// SPDX-License-Identifier: Apache-2.0
#include "ctl/server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <thread>

#include "ctl/client.h"
#include "ctl/fake_vm.h"

namespace takt::ctl {
namespace {

class ServerTest : public testing::Test {
 protected:
  ServerTest() {
    std::string pattern = "/tmp/takt-ctl.XXXXXX";
    directory = ::mkdtemp(pattern.data());
    path = directory + "/fake.sock";
    auto socket = ListeningSocket::create(path);
    server = std::move(*Server::create(std::move(*socket), vm));
    thread = std::thread{[this] { server->serve(); }};
  }
  ~ServerTest() override {
    server->stop();
    thread.join();
    server.reset();
    std::filesystem::remove_all(directory);
  }
  Fd client() const { return std::move(*connect_to(path)); }
  static void send(const Fd& fd, std::string_view text) {
    (void)::send(fd.raw(), text.data(), text.size(), MSG_NOSIGNAL);
  }
  /// All until the server hangs up.
  static std::string rest(const Fd& fd) {
    std::string text;
    char piece[4096];
    for (ssize_t n = 0; (n = ::read(fd.raw(), piece, sizeof piece)) > 0;)
      text.append(piece, static_cast<std::size_t>(n));
    return text;
  }
  std::string exchange(std::string_view text) const {
    const Fd fd = client();
    send(fd, text);
    return rest(fd);
  }

  FakeVm vm;
  std::string directory;
  std::string path;
  std::unique_ptr<Server> server;
  std::thread thread;
};

TEST_F(ServerTest, AnswersTheClient) {
  const auto body = request(path, "GET", "/api/v1/vmm.ping");
  ASSERT_TRUE(body) << body.error().text;
  EXPECT_NE(body->find("takt"), std::string::npos);
}

TEST_F(ServerTest, ARefusalComesToTheClientAsALine) {
  const auto body = request(path, "PUT", "/api/v1/vm.resume");
  ASSERT_FALSE(body);
  EXPECT_NE(body.error().text.find("not paused"), std::string::npos);
}

TEST_F(ServerTest, GarbageIsABadRequest) {
  EXPECT_TRUE(exchange("\x01garbage\r\n\r\n").starts_with("HTTP/1.1 400 "));
}

TEST_F(ServerTest, AHeaderWithoutEndIsCutOff) {
  EXPECT_TRUE(
      exchange("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x')).starts_with("HTTP/1.1 431 "));
}

TEST_F(ServerTest, ABodyThatIsTooLongIsRefused) {
  EXPECT_TRUE(exchange("PUT /api/v1/vm.pause HTTP/1.1\r\nContent-Length: 1000000\r\n\r\n")
                  .starts_with("HTTP/1.1 413 "));
}

TEST_F(ServerTest, AClientThatNeverFinishesDoesNotHinderAnother) {
  const Fd slow = client();
  send(slow, "GET / HT");
  EXPECT_TRUE(request(path, "GET", "/api/v1/vmm.ping"));
}

TEST_F(ServerTest, AHundredSilentClientsDoNotHinderAnother) {
  std::vector<Fd> silent;
  for (int i = 0; i < 100; ++i) silent.push_back(client());
  EXPECT_TRUE(request(path, "GET", "/api/v1/vmm.ping"));
  EXPECT_EQ(rest(silent.front()), "");  // hung up on
}

TEST_F(ServerTest, OneConnectionTakesManyRequests) {
  const Fd fd = client();
  for (int i = 0; i < 3; ++i) {
    send(fd, "GET /api/v1/vmm.ping HTTP/1.1\r\n\r\n");
    char piece[4096];
    const ssize_t n = ::read(fd.raw(), piece, sizeof piece);
    ASSERT_GT(n, 0);
    EXPECT_TRUE(
        (std::string_view{piece, static_cast<std::size_t>(n)}.starts_with("HTTP/1.1 200 ")));
  }
}

TEST_F(ServerTest, AnEndIsAnsweredAndThenDone) {
  ASSERT_TRUE(request(path, "PUT", "/api/v1/vm.power-off"));
  server->stop();
  thread.join();
  thread = std::thread{[] {}};
  EXPECT_EQ(vm.endings.size(), 1u);
}

}  // namespace
}  // namespace takt::ctl
