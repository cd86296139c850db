// SPDX-License-Identifier: Apache-2.0
#include "virtio/balloon.h"

#include <gtest/gtest.h>

#include <cstring>

#include "virtio/test_balloon.h"
#include "virtio/test_driver.h"

namespace takt::virtio {
namespace {

using fakes::Bytes;
using fakes::GivenRange;

constexpr unsigned inflateq = 0;
constexpr unsigned deflateq = 1;
constexpr unsigned statsq = 2;
constexpr unsigned reportq = 3;  // of the fake driver, which enables all: the first that can be
constexpr std::uint32_t ram_pfn = 0x100;
constexpr std::uint64_t page = 4096;
constexpr std::size_t ram_bytes = 8 << 20;

/// The guest's RAM is that of the driver, but the balloon needs it before.
template <class Format>
class BalloonTest : public testing::Test {
 protected:
  BalloonTest() {
    // The driver's memory is made with it: let the balloon see the same.
    mem = GuestMem{{{fakes::TestMemory::start, driver.memory().all()}}};
  }
  static Bytes pfns(const std::vector<std::uint32_t>& list) {
    const auto bytes = std::as_bytes(std::span{list});
    return {bytes.begin(), bytes.end()};
  }
  bool done(unsigned queue) { return driver.collect(queue).has_value(); }
  std::uint32_t config(std::uint64_t at) {
    return static_cast<std::uint32_t>(balloon.read_config(at, Width::b4));
  }
  static Bytes stat(std::uint16_t tag, std::uint64_t value) {
    Bytes bytes(10);
    std::memcpy(bytes.data(), &tag, 2);
    std::memcpy(bytes.data() + 2, &value, 8);
    return bytes;
  }
  std::optional<unsigned> report(const std::vector<fakes::Piece>& pieces) {
    return driver.raw_post(reportq, pieces);
  }
  static fakes::Piece free_block(std::uint32_t pfn, std::uint32_t bytes) {
    return {Gpa{pfn * page}, bytes, true};
  }

  GuestMem mem;
  fakes::FakeReturner returner;
  fakes::RingCounter bell;
  Balloon balloon{mem, returner, bell};
  fakes::TestDriver<Format> driver{balloon, ram_bytes};
};

using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(BalloonTest, Formats);

// --- target and configuration ---

TYPED_TEST(BalloonTest, ATargetIsToldByAConfigurationInterrupt) {
  this->driver.start();
  this->balloon.set_target_pages(1000);
  EXPECT_EQ(this->bell.rings, 1u);
  this->driver.work();
  this->driver.work();
  EXPECT_EQ(this->driver.interrupts().config, 1u);
  EXPECT_EQ(this->config(0), 1000u);
}

TYPED_TEST(BalloonTest, ATargetSetBeforeTheDriverIsThereIsReadByIt) {
  this->balloon.set_target_pages(1000);
  this->driver.start();
  this->driver.work();
  EXPECT_EQ(this->driver.interrupts().config, 0u);
  EXPECT_EQ(this->config(0), 1000u);
}

TYPED_TEST(BalloonTest, TheDriverWritesOnlyWhatIsItsOwn) {
  this->balloon.write_config(0, Width::b4, 5);
  this->balloon.write_config(4, Width::b4, 77);
  this->balloon.write_config(8, Width::b4, 5);
  this->balloon.write_config(12, Width::b4, 0xaaaa'aaaa);
  this->balloon.write_config(16, Width::b8, 5);
  EXPECT_EQ(this->config(0), 0u);
  EXPECT_EQ(this->balloon.actual_pages(), 77u);
  EXPECT_EQ(this->config(8), 0u);
  EXPECT_EQ(this->config(12), 0xaaaa'aaaa);
  this->driver.start();
  this->balloon.write_config(12, Width::b4, 1);
  EXPECT_EQ(this->config(12), 0xaaaa'aaaa);
  EXPECT_TRUE(this->driver.stop());
  EXPECT_EQ(this->balloon.actual_pages(), 0u);
}

// --- inflating and deflating ---

TYPED_TEST(BalloonTest, NeighboursGoToTheHostTogetherUpwardsAndDownwards) {
  this->driver.start();
  this->driver.post(inflateq, {this->pfns({0x200, 0x201, 0x202, 0x300, 0x2ff, 0x2fe, 0x400})});
  this->driver.run(inflateq);
  EXPECT_TRUE(this->done(inflateq));
  const std::vector<GivenRange> expected{
      {Gpa{0x200 * page}, 3 * page}, {Gpa{0x2fe * page}, 3 * page}, {Gpa{0x400 * page}, page}};
  EXPECT_EQ(this->returner.given, expected);
  EXPECT_EQ(this->balloon.pages().pages, 7u);
  EXPECT_EQ(this->driver.interrupts().used[inflateq], 1u);
}

TYPED_TEST(BalloonTest, ARequestIsCompletedWhenItsPagesAreTheHosts) {
  this->driver.start();
  this->returner.at_once = false;
  this->driver.post(inflateq, {this->pfns({0x200, 0x300})});
  this->driver.run(inflateq);
  EXPECT_FALSE(this->done(inflateq));
  this->returner.taken = 1;
  this->driver.work();
  EXPECT_FALSE(this->done(inflateq));
  this->returner.taken = 2;
  this->driver.work();
  EXPECT_TRUE(this->done(inflateq));
}

TYPED_TEST(BalloonTest, WhatIsNotRamIsLeftAloneAndCounted) {
  this->driver.start();
  const auto end = static_cast<std::uint32_t>(ram_pfn + ram_bytes / page);
  this->driver.post(inflateq, {this->pfns({0, ram_pfn - 1, end - 1, end, 0xffff'ffff})});
  this->driver.run(inflateq);
  EXPECT_TRUE(this->done(inflateq));
  EXPECT_EQ(this->returner.given.size(), 1u);
  EXPECT_EQ(this->balloon.pages().bad_pages, 4u);
}

TYPED_TEST(BalloonTest, AFullReturnerKeepsTheRequestAndNothingIsGivenTwice) {
  this->driver.start();
  this->returner.at_once = false;
  this->returner.places = 2;
  this->driver.post(inflateq, {this->pfns({0x200, 0x210, 0x220, 0x230, 0x240})});
  this->driver.kick(inflateq);
  for (int turn = 0; turn < 10; ++turn) {
    this->driver.work();
    EXPECT_LE(this->returner.given.size() - this->returner.taken, 2u);
    this->returner.taken = this->returner.given.size();
  }
  EXPECT_TRUE(this->done(inflateq));
  ASSERT_EQ(this->returner.given.size(), 5u);
  for (std::uint32_t i = 0; i < 5; ++i)
    EXPECT_EQ(this->returner.given[i], (GivenRange{Gpa{(0x200 + 0x10 * i) * page}, page}));
}

TYPED_TEST(BalloonTest, ALongListIsTakenInTurns) {
  this->driver.start();
  std::vector<std::uint32_t> list;
  for (std::uint32_t i = 0; i < 1300; ++i) list.push_back(0x200 + i);
  this->driver.post(inflateq, {this->pfns(list)});
  EXPECT_EQ(this->balloon.work(), Worked::some);
  EXPECT_FALSE(this->done(inflateq));
  this->driver.work();
  EXPECT_TRUE(this->done(inflateq));
  EXPECT_EQ(this->returner.given, (std::vector<GivenRange>{{Gpa{0x200 * page}, 1300 * page}}));
}

TYPED_TEST(BalloonTest, BytesThatMakeNoPageNumberAreNothing) {
  this->driver.start();
  Bytes list = this->pfns({0x200, 0x201});
  list.resize(7);
  this->driver.post(inflateq, {list});
  this->driver.post(inflateq, {}, {16});
  this->driver.run(inflateq);
  EXPECT_TRUE(this->done(inflateq));
  EXPECT_TRUE(this->done(inflateq));
  EXPECT_EQ(this->balloon.pages().pages, 1u);
}

TYPED_TEST(BalloonTest, DeflatingIsAcknowledged) {
  this->driver.start();
  this->driver.post(deflateq, {this->pfns({0x200})});
  this->driver.run(deflateq);
  EXPECT_TRUE(this->done(deflateq));
  EXPECT_TRUE(this->returner.given.empty());
  EXPECT_EQ(this->balloon.counters().deflated, 1u);
}

// --- reports ---

TYPED_TEST(BalloonTest, ReportedBlocksGoToTheHostBeforeTheReportIsCompleted) {
  this->driver.start();
  this->returner.at_once = false;
  this->report({this->free_block(0x200, 64 * page), this->free_block(0x300, 32 * page)});
  this->driver.run(reportq);
  EXPECT_EQ(this->returner.given, (std::vector<GivenRange>{{Gpa{0x200 * page}, 64 * page},
                                                           {Gpa{0x300 * page}, 32 * page}}));
  EXPECT_EQ(this->driver.interrupts().used[reportq], 0u);
  this->returner.taken = 2;
  this->driver.work();
  EXPECT_EQ(this->driver.interrupts().used[reportq], 1u);
}

TYPED_TEST(BalloonTest, OfAReportOnlyWholePagesGo) {
  this->driver.start();
  this->report({{Gpa{0x200 * page + 1}, 3 * page, true}, {Gpa{0x300 * page + 8}, 4000, true}});
  this->driver.run(reportq);
  EXPECT_EQ(this->returner.given, (std::vector<GivenRange>{{Gpa{0x201 * page}, 2 * page}}));
  EXPECT_EQ(this->balloon.counters().reports, 1u);
}

TYPED_TEST(BalloonTest, PagesWithAPoisonThatIsNotZeroesKeepIt) {
  this->balloon.write_config(12, Width::b4, 0xaaaa'aaaa);
  this->driver.start();
  this->report({this->free_block(0x200, 64 * page)});
  this->driver.run(reportq);
  EXPECT_TRUE(this->returner.given.empty());
  EXPECT_EQ(this->balloon.counters().poisoned_reports, 1u);
  EXPECT_EQ(this->driver.interrupts().used[reportq], 1u);
}

TYPED_TEST(BalloonTest, WithoutStatisticsTheThirdQueueTakesReports) {
  this->driver.start(balloon_feature::page_reporting | feature::version_1);
  const auto piece = this->free_block(0x200, 64 * page);
  this->driver.raw_post(2, {&piece, 1});
  this->driver.run(2);
  EXPECT_EQ(this->returner.given.size(), 1u);
}

TYPED_TEST(BalloonTest, ReportsOfADriverThatFollowsTheSpecificationComeByQueueFour) {
  this->driver.start(balloon_feature::page_reporting | feature::version_1);
  EXPECT_TRUE(this->driver.stop());
  // As if queues 2 and 3 had never been enabled.
  this->driver.start(balloon_feature::page_reporting | feature::version_1);
  for (const unsigned queue : {2u, 3u, 4u}) EXPECT_TRUE(this->balloon.stop_queue(queue));
  this->balloon.restart_queue(4);
  const auto piece = this->free_block(0x200, 64 * page);
  this->driver.raw_post(4, {&piece, 1});
  this->driver.run(4);
  EXPECT_EQ(this->returner.given.size(), 1u);
}

// --- statistics ---

TYPED_TEST(BalloonTest, StatisticsAreKeptAndAskedForByGivingTheBufferBack) {
  this->driver.start();
  Bytes both = this->stat(4, 1 << 20);
  const Bytes unknown = this->stat(999, 7);
  both.insert(both.end(), unknown.begin(), unknown.end());
  this->driver.post(statsq, {both});
  this->driver.run(statsq);
  EXPECT_EQ(this->balloon.stat(BalloonStat::free), 1u << 20);
  EXPECT_EQ(this->balloon.stat(BalloonStat::total), std::nullopt);
  EXPECT_FALSE(this->done(statsq));
  this->balloon.request_stats();
  this->driver.work();
  EXPECT_TRUE(this->done(statsq));
  EXPECT_EQ(this->driver.interrupts().used[statsq], 1u);
  this->driver.post(statsq, {this->stat(5, 2 << 20)});
  EXPECT_TRUE(this->driver.kick(statsq));
  this->driver.work();
  EXPECT_EQ(this->balloon.stats_updates(), 2u);
  EXPECT_EQ(this->balloon.stat(BalloonStat::free), std::nullopt);
  EXPECT_EQ(this->balloon.stat(BalloonStat::total), 2u << 20);
}

TYPED_TEST(BalloonTest, StatisticsThatEndWithinAnEntryEndBeforeIt) {
  this->driver.start();
  Bytes bytes = this->stat(4, 9);
  bytes.resize(15);
  this->driver.post(statsq, {bytes});
  this->driver.run(statsq);
  EXPECT_EQ(this->balloon.stat(BalloonStat::free), 9u);
}

// --- resets ---

TYPED_TEST(BalloonTest, AResetWaitsForPagesThatAreUnderWay) {
  this->driver.start();
  this->returner.at_once = false;
  this->driver.post(inflateq, {this->pfns({0x200})});
  this->driver.run(inflateq);
  EXPECT_FALSE(this->driver.stop());
  this->driver.work();
  EXPECT_FALSE(this->driver.stop());
  this->returner.taken = 1;
  this->driver.work();
  EXPECT_TRUE(this->driver.stop());
  EXPECT_EQ(this->driver.interrupts().used[inflateq], 0u);
}

TYPED_TEST(BalloonTest, PagesThatWaitedToBeHandedOverAreForgottenByAReset) {
  this->driver.start();
  this->returner.at_once = false;
  this->returner.places = 1;
  this->driver.post(inflateq, {this->pfns({0x200, 0x300, 0x400})});
  this->driver.run(inflateq);
  this->returner.taken = 1;
  EXPECT_TRUE(this->driver.stop());
  this->returner.at_once = true;
  this->driver.start();
  this->driver.post(inflateq, {this->pfns({0x500})});
  this->driver.run(inflateq);
  EXPECT_EQ(this->returner.given,
            (std::vector<GivenRange>{{Gpa{0x200 * page}, page}, {Gpa{0x500 * page}, page}}));
}

TYPED_TEST(BalloonTest, ABrokenQueueAsksForAResetAndTheOthersGoOn) {
  this->driver.start();
  const fakes::Piece bad{Gpa{8}, 64, false};
  this->driver.raw_post(inflateq, {&bad, 1});
  this->driver.run(inflateq);
  EXPECT_EQ(this->driver.interrupts().resets, 1u);
  this->driver.post(deflateq, {this->pfns({0x200})});
  this->driver.run(deflateq);
  EXPECT_TRUE(this->done(deflateq));
  EXPECT_EQ(this->balloon.work(), Worked::nothing);
}

TYPED_TEST(BalloonTest, AnIdleTurnFindsNothingToDo) {
  this->driver.start();
  this->driver.work();
  EXPECT_EQ(this->balloon.work(), Worked::nothing);
  this->returner.at_once = false;
  this->driver.post(inflateq, {this->pfns({0x200})});
  this->driver.run(inflateq);
  EXPECT_EQ(this->balloon.work(), Worked::nothing);
}

}  // namespace
}  // namespace takt::virtio
