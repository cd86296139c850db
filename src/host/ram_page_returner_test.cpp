// SPDX-License-Identifier: Apache-2.0
#include "host/ram_page_returner.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <cstring>

namespace takt {
namespace {

using Mode = RamPageReturner::Mode;

/// Somebody may wait for it.
class WaitableBell final : public Bell {
 public:
  void ring() RT override {
    rings_.fetch_add(1);
    rings_.notify_one();
  }
  void wait_for(unsigned rings) const {
    for (unsigned now = rings_.load(); now < rings; now = rings_.load()) rings_.wait(now);
  }
  [[nodiscard]] unsigned rings() const { return rings_.load(); }

 private:
  std::atomic<unsigned> rings_ = 0;
};

class RamPageReturnerTest : public testing::Test {
 protected:
  static constexpr Gpa base{0x10'0000};
  void SetUp() override {
    auto made = GuestRam::create({.bytes = 1_MiB});
    ASSERT_TRUE(made);
    ram = std::move(*made);
    mem = GuestMem{{{base, ram.bytes()}}};
    std::memset(ram.bytes().data(), 7, ram.bytes().size());
  }
  void create(Mode mode, PageSize pages = PageSize::base) {
    auto made = RamPageReturner::create(ram, pages, mem, mode, bell);
    ASSERT_TRUE(made);
    returner = std::move(*made);
  }
  [[nodiscard]] std::uint64_t resident() const {
    struct stat status{};
    ::fstat(ram.fd().raw(), &status);
    return static_cast<std::uint64_t>(status.st_blocks) * 512;
  }
  [[nodiscard]] std::byte at(std::uint64_t offset) const { return ram.bytes()[offset]; }

  GuestRam ram;
  GuestMem mem;
  WaitableBell bell;
  std::unique_ptr<RamPageReturner> returner;
};

TEST_F(RamPageReturnerTest, PagesGoBackToTheHostAndReadAsZeroes) {
  create(Mode::give_back);
  const std::uint64_t before = resident();
  EXPECT_TRUE(returner->give(base + 8_KiB, 16_KiB));
  bell.wait_for(1);
  EXPECT_EQ(returner->done(), 1u);
  EXPECT_EQ(returner->bytes_returned(), 16_KiB);
  EXPECT_EQ(before - resident(), 16_KiB);
  EXPECT_EQ(at(8_KiB - 1), std::byte{7});
  EXPECT_EQ(at(8_KiB), std::byte{0});
  EXPECT_EQ(at(24_KiB - 1), std::byte{0});
  EXPECT_EQ(at(24_KiB), std::byte{7});
}

TEST_F(RamPageReturnerTest, EachRangeIsCountedInItsTurn) {
  create(Mode::give_back);
  unsigned given = 0;
  for (std::uint64_t page = 0; page < 256; page += 2)
    given += returner->give(base + page * 4_KiB, 4_KiB) ? 1 : 0;
  EXPECT_EQ(given, 128u);
  bell.wait_for(given);
  EXPECT_EQ(returner->done(), given);
  EXPECT_EQ(resident(), 512_KiB);
}

TEST_F(RamPageReturnerTest, WhereNothingMayChangeRangesAreOnlyCounted) {
  create(Mode::count_only);
  EXPECT_EQ(returner->tid(), 0);
  EXPECT_TRUE(returner->give(base, 1_MiB));
  EXPECT_EQ(returner->done(), 1u);
  EXPECT_EQ(returner->bytes_given(), 1_MiB);
  EXPECT_EQ(returner->bytes_returned(), 0u);
  EXPECT_EQ(at(0), std::byte{7});
}

TEST_F(RamPageReturnerTest, OfHugePagesOnlyWholeOnesGo) {
  create(Mode::give_back, PageSize::huge_2m);
  EXPECT_TRUE(returner->give(base, 1_MiB));
  bell.wait_for(1);
  EXPECT_EQ(returner->bytes_returned(), 0u);
  EXPECT_EQ(at(0), std::byte{7});
}

TEST_F(RamPageReturnerTest, WhatIsNotRamIsDoneInItsTurnAndNothingHappens) {
  create(Mode::give_back);
  EXPECT_TRUE(returner->give(Gpa{0}, 4_KiB));
  bell.wait_for(1);
  EXPECT_EQ(returner->done(), 1u);
  EXPECT_EQ(returner->bytes_given(), 0u);
}

}  // namespace
}  // namespace takt
