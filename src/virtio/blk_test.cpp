// SPDX-License-Identifier: Apache-2.0
#include "virtio/blk.h"

#include <gtest/gtest.h>

#include "virtio/blk_fixture.h"
#include "virtio/test_driver.h"

namespace takt::virtio {
namespace {

using namespace fakes;
using blk::Header;
using blk::Segment;
using blk::Status;
using blk::Type;

Bytes header(Type type, std::uint64_t sector = 0) {
  return bytes_of(Header{.type = std::to_underlying(type), .reserved = 0, .sector = sector});
}
Bytes filled(std::size_t bytes, int with) { return Bytes(bytes, static_cast<std::byte>(with)); }
Bytes operator+(Bytes a, const Bytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <class Format>
class BlkTest : public testing::Test {
 protected:
  BlkTest() { driver.start(); }
  ~BlkTest() override { EXPECT_TRUE(store.sound); }

  std::optional<unsigned> post(const std::vector<Bytes>& out,
                               const std::vector<std::uint32_t>& in) {
    const auto number = driver.post(0, out, in);
    driver.run(0);
    return number;
  }
  /// The store does all, and what came back has this status.
  Status answer() {
    for (int n = 0; n < 40; ++n) {
      store.complete_all();
      driver.work();
    }
    done = driver.collect(0);
    if (!done) return static_cast<Status>(0xff);
    const Bytes in = done->joined();
    return in.empty() ? static_cast<Status>(0xfe) : static_cast<Status>(in.back());
  }
  Status ask(const std::vector<Bytes>& out, const std::vector<std::uint32_t>& in) {
    post(out, in);
    return answer();
  }

  FakeStore store;
  Blk blk{store, "disk-of-a-test"};
  TestDriver<Format> driver{blk};
  std::optional<typename TestDriver<Format>::Done> done;
};
using Formats = testing::Types<Split, Packed>;
TYPED_TEST_SUITE(BlkTest, Formats);

TYPED_TEST(BlkTest, WhatIsWrittenIsReadBack) {
  EXPECT_EQ(this->ask({header(Type::out, 3), filled(1024, 7)}, {1}), Status::ok);
  EXPECT_EQ(this->done->written, 1u);
  EXPECT_EQ(this->store.disk[3 * 512], std::byte{7});
  EXPECT_EQ(this->ask({header(Type::in, 4)}, {512, 1}), Status::ok);
  EXPECT_EQ(this->done->written, 513u);
  EXPECT_EQ(this->done->in[0], filled(512, 7));
}

TYPED_TEST(BlkTest, AHeaderInThreePiecesWithDataBehindItIsOne) {
  const Bytes all = header(Type::out, 1) + filled(512, 9);
  const Bytes a(all.begin(), all.begin() + 5);
  const Bytes b(all.begin() + 5, all.begin() + 11);
  const Bytes c(all.begin() + 11, all.end());
  EXPECT_EQ(this->ask({a, b, c}, {1}), Status::ok);
  EXPECT_EQ(this->store.disk[512], std::byte{9});
  EXPECT_EQ(this->store.disk[1023], std::byte{9});
}

TYPED_TEST(BlkTest, TheStatusIsTheLastByteOfABufferThatHasDataToo) {
  this->store.disk.assign(this->store.disk.size(), std::byte{5});
  EXPECT_EQ(this->ask({header(Type::in)}, {513}), Status::ok);
  EXPECT_EQ(this->done->in[0], filled(512, 5) + filled(1, 0));
}

TYPED_TEST(BlkTest, StatusByteAloneIsAReadOfNothing) {
  EXPECT_EQ(this->ask({header(Type::in)}, {1}), Status::ok);
  EXPECT_EQ(this->done->written, 1u);
  EXPECT_TRUE(this->store.kinds.empty());
}

TYPED_TEST(BlkTest, ARequestWithoutAStatusByteComesBackAndIsCounted) {
  this->post({header(Type::out), filled(512, 1)}, {});
  ASSERT_TRUE(this->driver.collect(0));
  EXPECT_EQ(this->blk.counters().no_status, 1u);
  EXPECT_TRUE(this->store.kinds.empty());
}

TYPED_TEST(BlkTest, AHeaderThatIsTooShortIsAnIoError) {
  EXPECT_EQ(this->ask({filled(15, 0)}, {513}), Status::ioerr);
  EXPECT_EQ(this->done->written, 0u);
}

TYPED_TEST(BlkTest, ReadBeyondTheEndIsAnIoError) {
  EXPECT_EQ(this->ask({header(Type::in, 63)}, {1024, 1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::in, 65)}, {512, 1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::in, 63)}, {512, 1}), Status::ok);
}

TYPED_TEST(BlkTest, ASectorWhoseOffsetWrapsIsAnIoError) {
  EXPECT_EQ(this->ask({header(Type::in, 1ull << 55)}, {512, 1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::out, ~0ull), filled(512, 1)}, {1}), Status::ioerr);
}

TYPED_TEST(BlkTest, DataThatAreNoWholeSectorsAreAnIoError) {
  EXPECT_EQ(this->ask({header(Type::in)}, {511, 1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::out), filled(513, 1)}, {1}), Status::ioerr);
}

TYPED_TEST(BlkTest, MorePiecesThanTheStoreTakesAreAnIoError) {
  std::vector<std::uint32_t> in(129, 512);
  in.push_back(1);
  const auto number = this->driver.post_indirect(0, {header(Type::in)}, in);
  ASSERT_TRUE(number);
  this->driver.run(0);
  EXPECT_EQ(this->answer(), Status::ioerr);
}

TYPED_TEST(BlkTest, AsManyPiecesAsTheStoreTakesAreRead) {
  std::vector<std::uint32_t> in(128, 256);
  in.push_back(1);
  ASSERT_TRUE(this->driver.post_indirect(0, {header(Type::in)}, in));
  this->driver.run(0);
  EXPECT_EQ(this->answer(), Status::ok);
}

TYPED_TEST(BlkTest, UnknownRequestsAreUnsupported) {
  EXPECT_EQ(this->ask({header(static_cast<Type>(14))}, {1}), Status::unsupp);
  EXPECT_EQ(this->ask({header(static_cast<Type>(~0u))}, {1}), Status::unsupp);
}

TYPED_TEST(BlkTest, GetIdGivesTheSerialPaddedWithZeroes) {
  EXPECT_EQ(this->ask({header(Type::get_id)}, {20, 1}), Status::ok);
  EXPECT_EQ(this->done->written, 21u);
  EXPECT_EQ(this->done->in[0], bytes_of(std::string_view{"disk-of-a-test"}) + filled(6, 0));
}

TYPED_TEST(BlkTest, GetIdIntoLessThanItsLengthIsCut) {
  EXPECT_EQ(this->ask({header(Type::get_id)}, {4, 1}), Status::ok);
  EXPECT_EQ(this->done->in[0], bytes_of(std::string_view{"disk"}));
}

TYPED_TEST(BlkTest, AStoreThatFailsIsAnIoError) {
  this->post({header(Type::in)}, {512, 1});
  this->store.complete(0, false);
  EXPECT_EQ(this->answer(), Status::ioerr);
  EXPECT_EQ(this->blk.counters().failed, 1u);
  EXPECT_EQ(this->done->written, 0u);
}

TYPED_TEST(BlkTest, CompletionsOutOfOrderGoToTheirRequests) {
  const auto a = this->post({header(Type::out, 0), filled(512, 1)}, {1});
  const auto b = this->post({header(Type::out, 1), filled(512, 2)}, {1});
  this->store.complete(1);
  this->driver.work();
  EXPECT_EQ(this->driver.collect(0)->request, b);
  this->store.complete(0);
  this->driver.work();
  EXPECT_EQ(this->driver.collect(0)->request, a);
}

TYPED_TEST(BlkTest, ABatchIsKickedAndInterruptedOnce) {
  for (int n = 0; n < 4; ++n) this->driver.post(0, {header(Type::in)}, {512, 1});
  this->driver.run(0);
  EXPECT_EQ(this->store.kicks, 1u);
  this->store.complete_all();
  this->driver.work();
  EXPECT_EQ(this->driver.interrupts().used[0], 1u);
}

TYPED_TEST(BlkTest, MoreThanTheStoresDepthWaitsInTheRing) {
  for (int n = 0; n < 6; ++n) this->driver.post(0, {header(Type::in)}, {512, 1});
  this->driver.run(0);
  EXPECT_EQ(this->store.under_way.size(), 4u);
  EXPECT_EQ(this->blk.work(), Worked::nothing);
  this->store.complete(0);
  this->driver.work();
  EXPECT_EQ(this->store.under_way.size(), 4u);
}

TYPED_TEST(BlkTest, WhatARateLimitRefusesIsSubmittedWhenTheBellRings) {
  this->store.refuses = true;
  this->post({header(Type::in, 2)}, {512, 1});
  EXPECT_EQ(this->blk.work(), Worked::nothing);
  EXPECT_EQ(this->blk.in_flight(), 0u);
  this->store.refuses = false;
  EXPECT_EQ(this->answer(), Status::ok);
}

TYPED_TEST(BlkTest, ResetWaitsForRequestsInFlight) {
  this->post({header(Type::in)}, {512, 1});
  this->driver.post(0, {header(Type::in)}, {512, 1});
  EXPECT_FALSE(this->driver.stop());
  this->driver.run(0);
  EXPECT_EQ(this->store.under_way.size(), 1u) << "nothing is begun while it is reset";
  this->store.complete_all();
  this->driver.work();
  EXPECT_TRUE(this->driver.stop());
  this->driver.start();
  EXPECT_EQ(this->ask({header(Type::in)}, {512, 1}), Status::ok);
}

TYPED_TEST(BlkTest, AQueueThatIsResetWaitsForItsRequests) {
  this->post({header(Type::in)}, {512, 1});
  EXPECT_FALSE(this->blk.stop_queue(0));
  this->store.complete_all();
  this->driver.work();
  EXPECT_TRUE(this->blk.stop_queue(0));
  this->post({header(Type::in)}, {512, 1});
  EXPECT_TRUE(this->store.under_way.empty());
  this->blk.restart_queue(0);
  EXPECT_EQ(this->blk.work(), Worked::all);
  EXPECT_EQ(this->store.under_way.size(), 1u);
}

TYPED_TEST(BlkTest, AResetLetsNoSecondStepBegin) {
  this->blk.write_config(32, Width::b1, 0);
  this->post({header(Type::out), filled(512, 1)}, {1});
  EXPECT_FALSE(this->driver.stop());
  this->store.complete_all();
  this->driver.work();
  EXPECT_TRUE(this->store.under_way.empty());
  EXPECT_TRUE(this->driver.stop());
}

TYPED_TEST(BlkTest, ABrokenRingAsksForAReset) {
  const Piece nowhere{Gpa{16}, 16, false};
  this->driver.raw_post(0, {&nowhere, 1});
  this->driver.run(0);
  EXPECT_EQ(this->driver.interrupts().resets, 1u);
}

// --- caches ---

TYPED_TEST(BlkTest, WritesAreNotFlushedUnlessTheDriverChoseWriteThrough) {
  EXPECT_EQ(this->ask({header(Type::out), filled(512, 1)}, {1}), Status::ok);
  EXPECT_EQ(this->store.kinds, std::vector{BlockRequest::Kind::write});
}

TYPED_TEST(BlkTest, AWriteThroughIsCompleteOnlyWhenItIsFlushed) {
  this->blk.write_config(32, Width::b1, 0);
  EXPECT_EQ(this->blk.read_config(32, Width::b1), 0u);
  this->post({header(Type::out), filled(512, 1)}, {1});
  this->store.complete_all();
  this->driver.work();
  EXPECT_FALSE(this->driver.collect(0));
  ASSERT_EQ(this->store.under_way.size(), 1u);
  EXPECT_EQ(this->store.under_way[0].r.kind, BlockRequest::Kind::flush);
  EXPECT_EQ(this->answer(), Status::ok);
}

TYPED_TEST(BlkTest, TheFlushOfAWriteThroughWaitsForTheRateLimit) {
  this->blk.write_config(32, Width::b1, 0);
  this->post({header(Type::out), filled(512, 1)}, {1});
  this->store.refuses = true;
  this->store.complete_all();
  this->driver.work();
  EXPECT_EQ(this->blk.work(), Worked::nothing);
  EXPECT_EQ(this->blk.in_flight(), 1u);
  this->store.refuses = false;
  EXPECT_EQ(this->answer(), Status::ok);
  EXPECT_EQ(this->store.kinds.back(), BlockRequest::Kind::flush);
}

TYPED_TEST(BlkTest, ADriverWithoutFlushHasAWriteThroughDisk) {
  ASSERT_TRUE(this->driver.stop());
  this->driver.start(TestDriver<TypeParam>::ring_features);
  EXPECT_EQ(this->blk.read_config(32, Width::b1), 0u);
  EXPECT_EQ(this->ask({header(Type::out), filled(512, 1)}, {1}), Status::ok);
  EXPECT_EQ(this->store.kinds.back(), BlockRequest::Kind::flush);
}

TYPED_TEST(BlkTest, AFlushIsPassedOn) {
  EXPECT_EQ(this->ask({header(Type::flush)}, {1}), Status::ok);
  EXPECT_EQ(this->store.kinds, std::vector{BlockRequest::Kind::flush});
  EXPECT_EQ(this->blk.latency(Blk::Kind::flush).samples(), 1u);
}

// --- discard and write zeroes ---

TYPED_TEST(BlkTest, AllSegmentsOfADiscardAreDiscarded) {
  this->store.disk.assign(this->store.disk.size(), std::byte{5});
  const Bytes segments = bytes_of(Segment{1, 2, 0}) + bytes_of(Segment{8, 1, 0});
  EXPECT_EQ(this->ask({header(Type::discard), segments}, {1}), Status::ok);
  EXPECT_EQ(this->store.kinds, std::vector(2, BlockRequest::Kind::discard));
  EXPECT_EQ(this->store.disk[0], std::byte{5});
  EXPECT_EQ(this->store.disk[512], std::byte{0});
  EXPECT_EQ(this->store.disk[8 * 512], std::byte{0});
  EXPECT_EQ(this->store.disk[9 * 512], std::byte{5});
}

TYPED_TEST(BlkTest, ASegmentBeyondTheEndFailsTheWholeDiscard) {
  const Bytes segments = bytes_of(Segment{1, 2, 0}) + bytes_of(Segment{63, 2, 0});
  EXPECT_EQ(this->ask({header(Type::discard), segments}, {1}), Status::ioerr);
  EXPECT_TRUE(this->store.kinds.empty());
}

TYPED_TEST(BlkTest, UnmapInADiscardAndUnknownFlagsAreUnsupported) {
  EXPECT_EQ(this->ask({header(Type::discard), bytes_of(Segment{0, 1, 1})}, {1}), Status::unsupp);
  EXPECT_EQ(this->ask({header(Type::write_zeroes), bytes_of(Segment{0, 1, 2})}, {1}),
            Status::unsupp);
}

TYPED_TEST(BlkTest, MoreSegmentsThanOfferedAreAnIoError) {
  Bytes segments;
  for (int n = 0; n < 17; ++n) segments = segments + bytes_of(Segment{0, 1, 0});
  EXPECT_EQ(this->ask({header(Type::write_zeroes), segments}, {1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::write_zeroes), filled(15, 0)}, {1}), Status::ioerr);
  EXPECT_EQ(this->ask({header(Type::write_zeroes)}, {1}), Status::ioerr);
}

TYPED_TEST(BlkTest, UnmapMayBeAllowedToWriteZeroes) {
  this->post({header(Type::write_zeroes), bytes_of(Segment{0, 1, 1})}, {1});
  ASSERT_EQ(this->store.under_way.size(), 1u);
  EXPECT_TRUE(this->store.under_way[0].r.may_unmap);
  EXPECT_EQ(this->answer(), Status::ok);
}

TYPED_TEST(BlkTest, AStoreThatCannotDiscardSaysSo) {
  FakeStore plain;
  plain.discards = false;
  Blk disk{plain};
  EXPECT_EQ(disk.features() & blk::feature::discard, 0u);
  TestDriver<TypeParam> d{disk};
  d.start();
  d.post(0, {header(Type::discard), bytes_of(Segment{0, 1, 0})}, {1});
  d.run(0);
  EXPECT_EQ(static_cast<Status>(d.collect(0)->joined().back()), Status::unsupp);
}

TYPED_TEST(BlkTest, AReadOnlyDiskIsNotWritten) {
  FakeStore rom;
  rom.is_read_only = true;
  Blk disk{rom};
  EXPECT_NE(disk.features() & blk::feature::ro, 0u);
  TestDriver<TypeParam> d{disk};
  d.start();
  for (const Type type : {Type::out, Type::discard, Type::write_zeroes}) {
    d.post(0, {header(type), filled(512, 0)}, {1});
    d.run(0);
    EXPECT_EQ(static_cast<Status>(d.collect(0)->joined().back()), Status::ioerr);
  }
  EXPECT_TRUE(rom.kinds.empty());
}

TYPED_TEST(BlkTest, SeveralQueuesAreServedAndResetEachForItself) {
  Blk disk{this->store, "", 3};
  EXPECT_NE(disk.features() & blk::feature::mq, 0u);
  EXPECT_EQ(disk.read_config(34, Width::b2), 3u);
  TestDriver<TypeParam> d{disk};
  d.start();
  d.post(1, {header(Type::in)}, {512, 1});
  d.post(2, {header(Type::in)}, {512, 1});
  d.run(1);
  d.run(2);
  EXPECT_TRUE(disk.stop_queue(0));
  EXPECT_FALSE(disk.stop_queue(1));
  this->store.complete(0);
  d.work();
  EXPECT_TRUE(disk.stop_queue(1));
  EXPECT_FALSE(disk.stop_queue(2));
  this->store.complete(0);
  d.work();
  EXPECT_TRUE(d.collect(1));
  EXPECT_TRUE(d.collect(2));
}

TEST(BlkConfig, TellsTheDisksSizeAndItsBestBlock) {
  FakeStore store{1000};
  store.best_bytes = 4096;
  Blk blk{store};
  EXPECT_EQ(blk.read_config(0, Width::b8), 1000u);
  EXPECT_EQ(blk.read_config(20, Width::b4), 512u);
  EXPECT_EQ(blk.read_config(24, Width::b1), 3u);
  EXPECT_EQ(blk.read_config(26, Width::b2), 8u);
  EXPECT_EQ(blk.read_config(57, Width::b8), 0u) << "reaches beyond the end";
  EXPECT_EQ(blk.read_config(~0ull, Width::b8), 0u);
}

TEST(BlkConfig, OnlyTheCacheModeIsWritten) {
  FakeStore store;
  Blk blk{store};
  EXPECT_EQ(blk.read_config(32, Width::b1), 1u);
  blk.write_config(0, Width::b8, 0);
  blk.write_config(31, Width::b2, 0);
  EXPECT_EQ(blk.read_config(0, Width::b8), 64u);
  EXPECT_EQ(blk.read_config(32, Width::b1), 1u);
}

}  // namespace
}  // namespace takt::virtio
