// SPDX-License-Identifier: Apache-2.0
#include "ctl/socket.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace takt::ctl {
namespace {

class SocketTest : public testing::Test {
 protected:
  SocketTest() {
    std::string pattern = "/tmp/takt-ctl.XXXXXX";
    directory = ::mkdtemp(pattern.data());
  }
  ~SocketTest() override { std::filesystem::remove_all(directory); }
  std::string directory;
};

TEST_F(SocketTest, IsForThisUserAloneAndGoesAway) {
  const std::string path = directory + "/a.sock";
  {
    const auto socket = ListeningSocket::create(path);
    ASSERT_TRUE(socket) << socket.error().text;
    struct stat there{};
    ASSERT_EQ(::stat(path.c_str(), &there), 0);
    EXPECT_EQ(there.st_mode & 0777, 0600u);
    EXPECT_EQ(running_vms(directory), std::vector<std::string>{"a"});
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(SocketTest, OfALivingVmIsNotTakenOver) {
  const std::string path = directory + "/a.sock";
  const auto first = ListeningSocket::create(path);
  const auto second = ListeningSocket::create(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().blame, Blame::usage);
  EXPECT_NE(second.error().text.find("another --name"), std::string::npos);
}

TEST_F(SocketTest, OfADeadVmIsTakenOver) {
  const std::string path = directory + "/a.sock";
  {
    auto dead = ListeningSocket::create(path);
    std::filesystem::rename(path, directory + "/kept");
  }
  std::filesystem::rename(directory + "/kept", path);
  EXPECT_TRUE(running_vms(directory).empty());
  EXPECT_TRUE(ListeningSocket::create(path));
}

TEST_F(SocketTest, ThatSomebodyHasReplacedIsLeftAlone) {
  const std::string path = directory + "/a.sock";
  {
    const auto socket = ListeningSocket::create(path);
    std::filesystem::rename(path, directory + "/moved");
    std::ofstream{path} << "mine";
  }
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SocketTest, DoesNotReplaceAFile) {
  const std::string path = directory + "/a.sock";
  std::ofstream{path} << "mine";
  const auto socket = ListeningSocket::create(path);
  ASSERT_FALSE(socket);
  EXPECT_TRUE(std::filesystem::exists(path));
}

TEST_F(SocketTest, APathThatIsTooLongSaysHowLongItMayBe) {
  const auto socket = ListeningSocket::create(directory + "/" + std::string(120, 'x'));
  ASSERT_FALSE(socket);
  EXPECT_NE(socket.error().text.find("at most 107 bytes"), std::string::npos);
}

TEST(SocketPath, OfAVmThatNobodyNamedIsNone) {
  const auto path = socket_path({});
  ASSERT_TRUE(path);
  EXPECT_FALSE(*path);
}

TEST(SocketPath, IsWhatControlSays) {
  EXPECT_EQ(socket_path({.control = "/x/y.sock"}).value(), "/x/y.sock");
  EXPECT_EQ(socket_path({.name = "a", .is_named = true, .control = "none"}).value(), std::nullopt);
}

}  // namespace
}  // namespace takt::ctl
