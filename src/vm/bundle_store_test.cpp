// SPDX-License-Identifier: Apache-2.0
#include "vm/bundle_store.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

namespace takt {
namespace {

namespace fs = std::filesystem;

struct TempDir {
  fs::path path;
  TempDir() {
    std::string name = fs::temp_directory_path() / "takt-bundles-XXXXXX";
    path = ::mkdtemp(name.data());
  }
  ~TempDir() { fs::remove_all(path); }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
};

constexpr std::uint64_t second = BundleStore::least_gap_ns;

TEST(BundleStore, CreatesItsDirectoryAndWritesWholeFiles) {
  const TempDir dir;
  auto store = BundleStore::open(dir.path / "a" / "b", "my/vm");
  ASSERT_TRUE(store) << store.error().text;
  const auto path = store->write(0, "{}");
  ASSERT_TRUE(path) << path.error().text;
  EXPECT_EQ(fs::path{*path}.parent_path(), dir.path / "a" / "b");
  EXPECT_EQ(fs::path{*path}.filename().string().substr(0, 6), "my_vm-");
  std::string text;
  std::getline(std::ifstream{*path}, text);
  EXPECT_EQ(text, "{}");
}

TEST(BundleStore, TakesOneASecond) {
  const TempDir dir;
  auto store = BundleStore::open(dir.path, "vm");
  ASSERT_TRUE(store);
  EXPECT_TRUE(store->has_room(5));
  ASSERT_TRUE(store->write(5, ""));
  EXPECT_FALSE(store->has_room(5 + second - 1));
  EXPECT_TRUE(store->has_room(5 + second));
}

TEST(BundleStore, TakesSixteenInARun) {
  const TempDir dir;
  auto store = BundleStore::open(dir.path, "vm");
  ASSERT_TRUE(store);
  for (std::uint64_t n = 0; n < BundleStore::most; ++n) {
    ASSERT_TRUE(store->has_room(n * second));
    ASSERT_TRUE(store->write(n * second, ""));
  }
  EXPECT_FALSE(store->has_room(1000 * second));
  const auto files = std::distance(fs::directory_iterator{dir.path}, fs::directory_iterator{});
  EXPECT_EQ(files, BundleStore::most);
}

TEST(BundleStore, ADirectoryThatCannotBeMadeIsNamed) {
  const auto store = BundleStore::open("/proc/none", "vm");
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().text.substr(0, 34), "budget: bundles=/proc/none: No suc");
  EXPECT_EQ(store.error().blame, Blame::usage);
}

}  // namespace
}  // namespace takt
