// SPDX-License-Identifier: Apache-2.0
#include "base/whole_file.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace takt {
namespace {

class WholeFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "takt-file-XXXXXX").string();
    const int fd = ::mkstemp(name.data());
    ASSERT_GE(fd, 0);
    ::close(fd);
    path = name;
  }
  void TearDown() override { std::filesystem::remove(path); }
  std::string path;
};

TEST_F(WholeFileTest, HasTheBytesOfTheFile) {
  std::ofstream{path} << "abc";
  const auto file = WholeFile::read(path);
  ASSERT_TRUE(file);
  EXPECT_EQ(file->bytes().size(), 3u);
  EXPECT_EQ(file->bytes()[2], std::byte{'c'});
}

TEST_F(WholeFileTest, KeepsThemWhenTheFileShrinks) {
  std::ofstream{path} << std::string(100'000, 'x');
  const auto file = WholeFile::read(path);
  ASSERT_TRUE(file);
  std::filesystem::resize_file(path, 1);
  EXPECT_EQ(file->bytes().back(), std::byte{'x'});
}

TEST_F(WholeFileTest, IsEmptyForAnEmptyFile) {
  const auto file = WholeFile::read(path);
  ASSERT_TRUE(file);
  EXPECT_TRUE(file->bytes().empty());
}

TEST_F(WholeFileTest, RefusesASparseGiant) {
  std::filesystem::resize_file(path, WholeFile::most_bytes + 4096);
  const auto file = WholeFile::read(path);
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().text.find("4 GiB"), std::string::npos);
}

TEST_F(WholeFileTest, RefusesADirectory) {
  const auto file = WholeFile::read(std::filesystem::temp_directory_path().string());
  ASSERT_FALSE(file);
  EXPECT_NE(file.error().text.find("not a regular file"), std::string::npos);
}

}  // namespace
}  // namespace takt
