// SPDX-License-Identifier: Apache-2.0
// On a directory that has the files of the kernel's; it does not make them in a new group by
// itself, and does not remove them with it.
#include "host/resctrl.h"

#include <gtest/gtest.h>

#include "host/test_host_dir.h"

namespace takt {
namespace {

const std::string at = "sys/fs/resctrl";

struct Resctrl : testing::Test {
  Resctrl() {
    host.has(at + "/schemata", "L3:0=ff\n");
    host.has(at + "/info/last_cmd_status", "ok\n");
  }
  void has_group() const {
    host.has(at + "/takt-a/schemata", "");
    host.has(at + "/takt-a/tasks", "");
  }
  [[nodiscard]] Result<ResctrlGroup> create(const std::vector<std::string>& lines) const {
    return ResctrlGroup::create("takt-a", lines, host.root());
  }
  [[nodiscard]] std::string content(const std::string& file) const {
    return HostFiles{host.root()}.read(at + "/takt-a/" + file).value_or("unreadable");
  }
  TestHostDir host;
};

TEST_F(Resctrl, WritesLinesAndThreads) {
  has_group();
  const auto group = create({"L3:0=f0", "MB:0=50"});
  ASSERT_TRUE(group) << group.error().text;
  ASSERT_TRUE(group->add_thread(17));
  ASSERT_TRUE(group->add_thread(18));
  EXPECT_EQ(content("schemata"), "L3:0=f0\nMB:0=50\n");
  EXPECT_EQ(content("tasks"), "17\n18\n");
}

TEST_F(Resctrl, ANewGroupIsADirectoryAndGoesWithItsOwner) {
  {
    const auto group = create({});
    ASSERT_TRUE(group) << group.error().text;
    EXPECT_TRUE(std::filesystem::is_directory(host.root() / at / "takt-a"));
  }
  EXPECT_FALSE(std::filesystem::exists(host.root() / at / "takt-a"));
}

TEST_F(Resctrl, AGroupInUseIsNotTakenOver) {
  const auto first = create({});
  ASSERT_TRUE(first);
  const auto second = create({});
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text.find("--name"), std::string::npos) << second.error().text;
  EXPECT_TRUE(std::filesystem::is_directory(host.root() / at / "takt-a")) << "the first one's";
}

TEST_F(Resctrl, AGroupLeftBehindIsTakenOver) {
  std::filesystem::create_directory(host.root() / at / "takt-a");
  EXPECT_TRUE(create({}));
  EXPECT_FALSE(std::filesystem::exists(host.root() / at / "takt-a"));
}

TEST_F(Resctrl, ARefusalQuotesTheKernelAndLeavesNoGroup) {
  host.has(at + "/info/last_cmd_status", "Mask f0f has non-consecutive 1-bits\n");
  const auto group = create({"L3:0=f0f"});  // the directory has no file to write it to
  ASSERT_FALSE(group);
  EXPECT_NE(group.error().text.find("write 'L3:0=f0f'"), std::string::npos) << group.error().text;
  EXPECT_NE(group.error().text.find("non-consecutive"), std::string::npos) << group.error().text;
  EXPECT_FALSE(std::filesystem::exists(host.root() / at / "takt-a"));
}

TEST_F(Resctrl, WhereItIsNotMountedTheCommandIsNamed) {
  host.lacks(at + "/schemata");
  EXPECT_NE(create({}).error().text.find("mount -t resctrl resctrl /sys/fs/resctrl"),
            std::string::npos);
  host.lacks(at);
  EXPECT_NE(create({}).error().text.find("this kernel on this CPU"), std::string::npos);
}

}  // namespace
}  // namespace takt
