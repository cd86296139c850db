// SPDX-License-Identifier: Apache-2.0
#include "host/block_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>

#include "host/test_disk.h"

namespace takt {
namespace {

std::string error_of(const BlockFileConfig& config) {
  const auto file = BlockFile::open(config);
  return file ? "no error" : file.error().text;
}

TEST(BlockFile, AnImageHasItsFilesSize) {
  const TestDisk disk{1 << 20};
  const auto file = BlockFile::open({.path = disk.path()});
  ASSERT_TRUE(file) << file.error().text;
  EXPECT_EQ(file->bytes, 1U << 20);
  EXPECT_EQ(file->block_bytes, 512u);
  EXPECT_EQ(file->alignment, 1u);
  EXPECT_FALSE(file->read_only);
  EXPECT_FALSE(file->is_device);
}

TEST(BlockFile, ASizeThatIsNoDiskSizeIsRefusedWithTheRemedy) {
  const TestDisk odd{1000};
  EXPECT_EQ(error_of({.path = odd.path()}),
            odd.path() + ": 1000 bytes, which is no multiple of 512 (truncate -s %512 " +
                odd.path() + ")");
  const TestDisk empty{0};
  EXPECT_EQ(error_of({.path = empty.path()}),
            empty.path() + ": is empty (truncate -s 1G " + empty.path() + ")");
}

TEST(BlockFile, WhatIsNoFileAndNoBlockDeviceIsRefusedAndNotWaitedFor) {
  EXPECT_EQ(error_of({.path = "/dev/null"}), "/dev/null: a disk is a file or a block device");
  EXPECT_EQ(error_of({.path = "/tmp"}), "/tmp: a disk is a file or a block device");
  const TestDisk disk{512};
  const std::string fifo = disk.path() + ".fifo";
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(error_of({.path = fifo}), fifo + ": a disk is a file or a block device");
  std::filesystem::remove(fifo);
  EXPECT_EQ(error_of({.path = "/nowhere/disk"}), "open /nowhere/disk: No such file or directory");
}

TEST(BlockFile, OneWriterAtATime) {
  const TestDisk disk{4096};
  const auto first = BlockFile::open({.path = disk.path()});
  ASSERT_TRUE(first);
  EXPECT_EQ(error_of({.path = disk.path()}), disk.path() + ": another program uses it");
  EXPECT_EQ(error_of({.path = disk.path(), .read_only = true}),
            disk.path() + ": another program writes to it");
}

TEST(BlockFile, ReadersShareAnImageAndKeepWritersOut) {
  const TestDisk disk{4096};
  const auto first = BlockFile::open({.path = disk.path(), .read_only = true});
  const auto second = BlockFile::open({.path = disk.path(), .read_only = true});
  ASSERT_TRUE(first);
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->read_only);
  EXPECT_FALSE(second->can_discard);
  EXPECT_EQ(error_of({.path = disk.path()}), disk.path() + ": another program uses it");
}

TEST(BlockFile, TheLockGoesWithTheFile) {
  const TestDisk disk{4096};
  {
    const auto first = BlockFile::open({.path = disk.path()});
  }
  EXPECT_EQ(error_of({.path = disk.path()}), "no error");
}

TEST(BlockFile, LookingForHolesLeavesTheSizeAsItIs) {
  const TestDisk disk{4096};
  const auto file = BlockFile::open({.path = disk.path()});
  EXPECT_EQ(std::filesystem::file_size(disk.path()), 4096u);
}

TEST(BlockFile, DirectAccessHasAnAlignmentThatIsTheBlockSize) {
  const TestDisk disk{1 << 20};
  const auto file = BlockFile::open({.path = disk.path(), .cache = DiskCache::none});
  if (!file) GTEST_SKIP() << file.error().text;
  EXPECT_TRUE(file->alignment == 512 || file->alignment == 4096);
  EXPECT_EQ(file->block_bytes, file->alignment);
}

}  // namespace
}  // namespace takt
