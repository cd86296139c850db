// SPDX-License-Identifier: Apache-2.0
// What hosts differ in: block devices, file systems, what is permitted.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/loop.h>
#include <linux/seccomp.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

#include "host/test_disk.h"
#include "host/test_store_device.h"

namespace takt {
namespace {

using Kind = BlockRequest::Kind;
using Bytes = std::vector<std::uint8_t>;
using Device = TestStoreDevice;

/// A block device of 4096-byte blocks, on an image; nothing where that is not permitted.
struct LoopDevice {
  Fd control{::open("/dev/loop-control", O_RDWR | O_CLOEXEC)};
  Fd device;
  std::string path;
  LoopDevice(const TestDisk& image, std::uint32_t block_bytes) {
    const int number = control ? ::ioctl(control.raw(), LOOP_CTL_GET_FREE) : -1;
    path = "/dev/loop" + std::to_string(number);
    device = Fd{::open(path.c_str(), O_RDWR | O_CLOEXEC)};
    const Fd file{::open(image.path().c_str(), O_RDWR | O_CLOEXEC)};
    loop_config config{};
    config.fd = static_cast<std::uint32_t>(file.raw());
    config.block_size = block_bytes;
    if (device && ::ioctl(device.raw(), LOOP_CONFIGURE, &config) != 0) device = Fd{};
  }
  ~LoopDevice() {
    if (device) ::ioctl(device.raw(), LOOP_CLR_FD);
  }
};

TEST(FileStore, ABlockDeviceIsReadAndWrittenAndDiscarded) {
  const TestDisk image{4 << 20};
  const LoopDevice loop{image, 4096};
  if (!loop.device) GTEST_SKIP() << "no loop device is permitted here";
  for (const DiskCache cache : {DiskCache::writeback, DiskCache::none}) {
    Device device;
    const auto opened = device.open({.file = {.path = loop.path, .cache = cache}});
    ASSERT_TRUE(opened) << opened.error().text;
    EXPECT_EQ(device.store->bytes(), 4U << 20);
    EXPECT_EQ(device.store->block_bytes(), 4096u);
    EXPECT_TRUE(device.store->can_discard());
    EXPECT_FALSE(Device{}.open({.file = {.path = loop.path}}));
    Bytes sent(1 << 20, 0xff);
    EXPECT_TRUE(device.run(Kind::write, 0, sent.data(), sent.size()));
    EXPECT_TRUE(device.run({.kind = Kind::write_zeroes, .bytes = 8192}));
    EXPECT_TRUE(device.run({.kind = Kind::discard, .offset = 64 << 10, .bytes = 64 << 10}));
    EXPECT_TRUE(device.run({.kind = Kind::flush}));
    Bytes got(16384);
    EXPECT_TRUE(device.run(Kind::read, 0, got.data(), got.size()));
    EXPECT_EQ(std::ranges::count(got, 0xff), 8192);
  }
}

TEST(FileStore, AFileSystemThatCannotZeroIsWrittenZeroes) {
  const TestDisk disk{1 << 20, "/dev/shm"};
  Device device;
  ASSERT_TRUE(device.open({.file = {.path = disk.path()}}));
  Bytes data(1 << 20, 0xff);
  EXPECT_TRUE(device.run(Kind::write, 0, data.data(), data.size()));
  EXPECT_TRUE(device.run({.kind = Kind::write_zeroes, .bytes = 1 << 20}));
  EXPECT_EQ(disk.content(), Bytes(1 << 20));
}

/// As many containers do.
void forbid_io_uring() {
  std::array<sock_filter, 4> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),  // the call's number
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

int read_without_io_uring(const std::string& path) {
  forbid_io_uring();
  Device device;
  if (!device.open({.file = {.path = path}})) return 2;
  if (device.store->engine() != DiskEngine::threads) return 3;
  Bytes data(512, 1);
  return device.run(Kind::read, 0, data.data(), data.size()) && data == Bytes(512) ? 0 : 4;
}

TEST(FileStoreDeathTest, WhereIoUringIsForbiddenThreadsDoItAndThatIsSaidOnce) {
  const TestDisk disk{4096};
  EXPECT_EXIT(  // QEMU's user mode has no filters, and no io_uring
      std::_Exit(read_without_io_uring(disk.path())), testing::ExitedWithCode(0),
      "takt: disk .*: threads instead of io_uring .io_uring_setup: "
      "(Operation not permitted|Function not implemented)");
}

}  // namespace
}  // namespace takt
