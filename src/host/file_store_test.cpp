// SPDX-License-Identifier: Apache-2.0
#include "host/file_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <random>
#include <thread>

#include "base/thread.h"
#include "host/test_disk.h"
#include "host/test_store_device.h"

namespace takt {
namespace {

using namespace std::chrono_literals;
using Kind = BlockRequest::Kind;
using Bytes = std::vector<std::uint8_t>;
using Device = TestStoreDevice;

Bytes random_bytes(std::size_t count, unsigned seed) {
  std::minstd_rand random{seed};
  Bytes bytes(count);
  for (auto& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return bytes;
}

Bytes beginning(const TestDisk& disk, std::size_t bytes) {
  Bytes all = disk.content();
  all.resize(bytes);
  return all;
}

struct Way {
  DiskEngine engine;
  DiskCache cache;
};

void PrintTo(const Way& way, std::ostream* out) {
  *out << (way.engine == DiskEngine::io_uring ? "io_uring" : "threads")
       << (way.cache == DiskCache::none ? "_direct" : "_cached");
}

class FileStoreTest : public testing::TestWithParam<Way> {
 protected:
  static constexpr std::uint64_t bytes = 4 << 20;

  void SetUp() override { open({}); }
  void open(FileStoreConfig config) {
    device.store.reset();
    config.file.path = disk.path();
    config.file.cache = GetParam().cache;
    config.engine = GetParam().engine;
    const auto opened = device.open(config);
    if (!opened) GTEST_SKIP() << opened.error().text;
  }

  TestDisk disk{bytes};
  Device device;
};

INSTANTIATE_TEST_SUITE_P(Ways, FileStoreTest,
                         testing::Values(Way{DiskEngine::io_uring, DiskCache::writeback},
                                         Way{DiskEngine::io_uring, DiskCache::none},
                                         Way{DiskEngine::threads, DiskCache::writeback},
                                         Way{DiskEngine::threads, DiskCache::none}),
                         testing::PrintToStringParamName());

TEST_P(FileStoreTest, SaysWhatItIs) {
  EXPECT_EQ(device.store->bytes(), bytes);
  EXPECT_FALSE(device.store->read_only());
  EXPECT_EQ(device.store->depth(), 128u);
  EXPECT_EQ(device.store->engine(), GetParam().engine);
}

TEST_P(FileStoreTest, WhatIsWrittenInPiecesIsReadBackInOthers) {
  Bytes sent = random_bytes(64 << 10, 1);
  const std::array out{iovec{.iov_base = sent.data(), .iov_len = 1000},
                       iovec{.iov_base = sent.data() + 1000, .iov_len = sent.size() - 1000}};
  EXPECT_TRUE(device.run({.kind = Kind::write, .offset = 8192, .bytes = sent.size()}, out));
  Bytes got(sent.size() + 1);
  EXPECT_TRUE(device.run(Kind::read, 8192, got.data() + 1, sent.size()));
  EXPECT_TRUE(std::equal(sent.begin(), sent.end(), got.begin() + 1));
}

TEST_P(FileStoreTest, AFlushIsDone) {
  Bytes sent = random_bytes(4096, 2);
  EXPECT_TRUE(device.run(Kind::write, 0, sent.data(), sent.size()));
  EXPECT_TRUE(device.run({.kind = Kind::flush}));
}

TEST_P(FileStoreTest, OutsideOfTheDiskNothingIsReadOrWritten) {
  Bytes data(4096);
  EXPECT_FALSE(device.run(Kind::read, bytes, data.data(), data.size()));
  EXPECT_FALSE(device.run(Kind::write, bytes - 512, data.data(), data.size()));
  EXPECT_EQ(disk.content().size(), bytes);
}

TEST_P(FileStoreTest, AFileThatSomebodyCutFailsAndTheRestStillWorks) {
  disk.resize(1 << 20);
  Bytes data(4096);
  EXPECT_FALSE(device.run(Kind::read, 2 << 20, data.data(), data.size()));
  EXPECT_TRUE(device.run(Kind::read, 0, data.data(), data.size()));
}

TEST_P(FileStoreTest, ZeroesAreZeroesWhetherTheyAreHolesOrNot) {
  Bytes sent(bytes, 0xff);
  EXPECT_TRUE(device.run(Kind::write, 0, sent.data(), sent.size()));
  EXPECT_TRUE(device.run({.kind = Kind::write_zeroes, .offset = 4096, .bytes = 8192}));
  EXPECT_TRUE(device.run(
      {.kind = Kind::write_zeroes, .may_unmap = true, .offset = 1 << 20, .bytes = 1 << 20}));
  std::fill_n(sent.begin() + 4096, 8192, std::uint8_t{0});
  std::fill_n(sent.begin() + (1 << 20), 1 << 20, std::uint8_t{0});
  EXPECT_EQ(disk.content(), sent);
}

TEST_P(FileStoreTest, ADiscardIsDoneAndNothingElseIsTouched) {
  Bytes sent(bytes, 0xff);
  EXPECT_TRUE(device.run(Kind::write, 0, sent.data(), sent.size()));
  EXPECT_TRUE(device.run({.kind = Kind::discard, .offset = 1 << 20, .bytes = 1 << 20}));
  const Bytes got = disk.content();
  EXPECT_EQ(got.size(), bytes);
  EXPECT_EQ(got[(1 << 20) - 1], 0xff);
  EXPECT_EQ(got[2 << 20], 0xff);
}

TEST_P(FileStoreTest, TheArrayOfPiecesMayGoBeforeTheRequestIsDone) {
  Bytes sent = random_bytes(4096, 3);
  {
    std::vector<iovec> pieces{{.iov_base = sent.data(), .iov_len = sent.size()}};
    EXPECT_TRUE(device.submit({.kind = Kind::write, .bytes = sent.size(), .pieces = pieces}));
    pieces[0] = {};
  }
  device.kick();
  EXPECT_TRUE(device.wait().ok);
  EXPECT_EQ(beginning(disk, 4096), sent);
}

TEST_P(FileStoreTest, AFullStoreTakesMoreWhenACompletionWasTaken) {
  open({.file = {}, .depth = 4});
  if (IsSkipped()) return;
  Bytes data(6 * 4096UL);
  const auto submit = [&](std::size_t n) {
    const std::array one{iovec{.iov_base = &data[n * 4096], .iov_len = 4096}};
    return device.submit({.bytes = 4096, .pieces = one});
  };
  for (std::size_t n = 0; n < 4; ++n) EXPECT_TRUE(submit(n));
  EXPECT_FALSE(submit(4));
  device.kick();
  EXPECT_TRUE(device.wait().ok);
  EXPECT_TRUE(submit(4));
  EXPECT_FALSE(submit(5));
  device.kick();
  for (int n = 0; n < 4; ++n) EXPECT_TRUE(device.wait().ok);
}

TEST_P(FileStoreTest, WhatWasSubmittedIsDoneBeforeTheStoreGoes) {
  Bytes sent = random_bytes(64 * 4096, 4);
  for (std::size_t n = 0; n < 64; ++n) {
    const std::array one{iovec{.iov_base = &sent[n * 4096], .iov_len = 4096}};
    EXPECT_TRUE(
        device.submit({.kind = Kind::write, .offset = n * 4096, .bytes = 4096, .pieces = one}));
  }
  device.store.reset();
  EXPECT_EQ(beginning(disk, sent.size()), sent);
}

TEST_P(FileStoreTest, ItsThreadsAreOrdinaryAndHaveItsName) {
  open({.file = {}, .thread = "disk-test"});
  if (IsSkipped()) return;
  for (const pid_t tid : device.store->threads()) {
    const auto thread = effective_thread(tid);
    ASSERT_TRUE(thread);
    EXPECT_TRUE(thread->name.starts_with("disk-test"));
    EXPECT_EQ(thread->policy, "other");
  }
}

/// Blocks of one disk that are written and read at random, each by one request at a time.
struct Block {
  Bytes expected = Bytes(4096);
  alignas(16) std::array<std::uint8_t, 4096 + 16> memory{};
  bool busy = false;
  Kind kind = Kind::read;
};

TEST_P(FileStoreTest, ManyRequestsAtRandomGiveWhatWasWrittenLast) {
  std::minstd_rand random{5};
  std::vector<Block> blocks(100);
  int submitted = 0;
  int done = 0;
  const auto take = [&](const BlockDone& one) {
    Block& block = blocks[one.tag];
    EXPECT_TRUE(one.ok);
    EXPECT_TRUE(block.kind == Kind::write ||
                std::equal(block.expected.begin(), block.expected.end(), block.memory.begin() + 1));
    block.busy = false;
    ++done;
  };
  while (submitted < 5000) {
    const auto tag = static_cast<std::uint16_t>(random() % blocks.size());
    Block& block = blocks[tag];
    if (!block.busy) {
      block.busy = true;
      block.kind = random() % 2 == 0 ? Kind::write : Kind::read;
      if (block.kind == Kind::write) {
        block.expected = random_bytes(4096, static_cast<unsigned>(submitted));
        std::ranges::copy(block.expected, block.memory.begin() + 1);
      }
      const std::array one{iovec{.iov_base = block.memory.data() + 1, .iov_len = 4096}};
      ASSERT_TRUE(device.submit(
          {.kind = block.kind, .tag = tag, .offset = tag * 4096U, .bytes = 4096, .pieces = one}));
      ++submitted;
    }
    if (random() % 8 == 0) device.kick();
    while (const auto one = device.completed()) take(*one);
  }
  device.kick();
  while (done < submitted) take(device.wait());
}

/// A device that reads one block after the other, until it has had `wanted`.
struct Reader : Work {
  Device& device;
  Bytes memory;
  int wanted;
  int submitted = 0;
  int done = 0;
  Reader(Device& of, int how_many)
      : device{of}, memory(static_cast<std::size_t>(how_many) * 512), wanted{how_many} {}
  Worked work() RT override {
    while (const auto one = device.store->completed())
      if (one->ok) ++done;
    bool any = false;
    while (submitted < wanted && submit_next()) {
      ++submitted;
      any = true;
    }
    if (any) device.store->kick();
    if (done == wanted) device.loop->stop();
    return any ? Worked::all : Worked::nothing;
  }
  bool submit_next() RT {
    void* to = &memory[static_cast<std::size_t>(submitted) * 512];
    const std::array one{iovec{.iov_base = to, .iov_len = 512}};
    return device.store->submit({.bytes = 512, .pieces = one});
  }
};

TEST_P(FileStoreTest, TheServerSleepsUntilSomethingIsDone) {
  open({.file = {}, .depth = 2});
  if (IsSkipped()) return;
  if (device.store->block_bytes() > 512) GTEST_SKIP() << "this disk has larger blocks";
  Reader reader{device, 200};
  device.loop->add(reader);
  std::thread server{[&] { device.loop->run(); }};
  server.join();
  EXPECT_EQ(reader.done, 200);
}

TEST_P(FileStoreTest, ALimitIsKeptAndTheServerIsWokenWhenItGoesOn) {
  open({.file = {}, .limits = {.ops_per_s = 100, .burst_ns = 0}});
  if (IsSkipped()) return;
  if (device.store->block_bytes() > 512) GTEST_SKIP() << "this disk has larger blocks";
  Reader reader{device, 11};
  device.loop->add(reader);
  const auto begin = std::chrono::steady_clock::now();
  std::thread server{[&] { device.loop->run(); }};
  server.join();
  EXPECT_EQ(reader.done, 11);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 100ms);
}

TEST(FileStore, AReadOnlyDiskIsNotWritten) {
  const TestDisk disk{4096};
  Device device;
  ASSERT_TRUE(device.open({.file = {.path = disk.path(), .read_only = true}}));
  EXPECT_TRUE(device.store->read_only());
  Bytes data(512, 1);
  EXPECT_FALSE(device.run(Kind::write, 0, data.data(), data.size()));
  EXPECT_TRUE(device.run(Kind::read, 0, data.data(), data.size()));
  EXPECT_EQ(data, Bytes(512));
}

TEST(FileStore, ADepthThatIsNoneIsAUsageError) {
  const TestDisk disk{4096};
  Device device;
  const auto opened = device.open({.file = {.path = disk.path()}, .depth = 257});
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().text, "disk " + disk.path() + ": the depth is 1 to 256");
}

}  // namespace
}  // namespace takt
