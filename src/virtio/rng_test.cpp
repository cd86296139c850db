// SPDX-License-Identifier: Apache-2.0
#include "virtio/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "virtio/test_driver.h"
#include "virtio/test_rng.h"

namespace takt::virtio {
namespace {

using fakes::Bytes;
using fakes::FakeEntropy;

constexpr std::int64_t second = 1'000'000'000;

template <class Format>
class RngTest : public testing::Test {
 protected:
  std::uint32_t written() {
    const auto done = driver.collect(0);
    return done ? done->written : ~0u;
  }

  FakeEntropy source;
  Rng rng{source};
  fakes::TestDriver<Format> driver{rng};
};

using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(RngTest, Formats);

TYPED_TEST(RngTest, ARequestIsFilledAndTheDriverInterrupted) {
  this->driver.start();
  this->driver.post(0, {}, {10, 54});
  this->driver.run(0);
  const auto done = this->driver.collect(0);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->written, 64u);
  Bytes expected(64);
  for (std::size_t i = 0; i < 64; ++i) expected[i] = FakeEntropy::byte(i);
  EXPECT_EQ(done->joined(), expected);
  EXPECT_EQ(this->driver.interrupts().used[0], 1u);
}

TYPED_TEST(RngTest, ALongRequestGetsFourKibibytes) {
  this->driver.start();
  this->driver.post(0, {}, {100'000});
  this->driver.run(0);
  EXPECT_EQ(this->written(), 4096u);
}

TYPED_TEST(RngTest, ATurnGivesSixteenKibibytes) {
  this->driver.start();
  for (int i = 0; i < 6; ++i) this->driver.post(0, {}, {4096});
  EXPECT_EQ(this->rng.work(), Worked::some);
  EXPECT_EQ(this->rng.counters().bytes, 16'384u);
  EXPECT_EQ(this->rng.work(), Worked::all);
  EXPECT_EQ(this->rng.work(), Worked::nothing);
  EXPECT_EQ(this->rng.counters().requests, 6u);
}

TYPED_TEST(RngTest, ARequestWithNothingToWriteIsGivenBack) {
  this->driver.start();
  this->driver.post(0, {Bytes(8)});
  this->driver.run(0);
  EXPECT_EQ(this->written(), 0u);
  EXPECT_EQ(this->rng.counters().bad_requests, 1u);
}

TYPED_TEST(RngTest, ADrySourceKeepsTheRequestForLater) {
  this->driver.start();
  this->source.left = 0;
  this->driver.post(0, {}, {64});
  this->driver.run(0);
  EXPECT_FALSE(this->driver.collect(0));
  EXPECT_EQ(this->rng.work(), Worked::nothing);
  this->source.left = 40;
  this->driver.work();
  EXPECT_EQ(this->written(), 40u);
  EXPECT_EQ(this->rng.counters().dry, 1u);
}

TYPED_TEST(RngTest, TheDriverIsHeardAfterEachTurn) {
  this->driver.start();
  for (int i = 0; i < 3; ++i) {
    this->driver.post(0, {}, {64});
    EXPECT_TRUE(this->driver.kick(0));
    this->driver.work();
    EXPECT_EQ(this->written(), 64u);
  }
}

TYPED_TEST(RngTest, ABrokenQueueAsksForAReset) {
  this->driver.start();
  const fakes::Piece piece{Gpa{8}, 64, true};
  this->driver.raw_post(0, {&piece, 1});
  this->driver.run(0);
  EXPECT_EQ(this->driver.interrupts().resets, 1u);
  EXPECT_EQ(this->rng.work(), Worked::nothing);
}

template <class Format>
class LimitedRngTest : public testing::Test {
 protected:
  void ask() {
    driver.post(0, {}, {512});
    driver.run(0);
  }
  FakeEntropy source;
  fakes::StoppedClock clock;
  fakes::LastAlarm alarm;
  Rng rng{source, {.bytes_per_second = 4096, .clock = clock, .alarm = alarm}};
  fakes::TestDriver<Format> driver{rng};
};
TYPED_TEST_SUITE(LimitedRngTest, Formats);

TYPED_TEST(LimitedRngTest, MoreThanTheLimitWaitsForItsTime) {
  this->driver.start();
  this->ask();  // an eighth of a second's worth is there at once
  EXPECT_EQ(this->driver.collect(0)->written, 512u);
  this->ask();
  EXPECT_FALSE(this->driver.collect(0));
  ASSERT_TRUE(this->alarm.deadline);
  EXPECT_EQ(*this->alarm.deadline, this->clock.ns + 64 * second / 4096 + 1);
  this->clock.ns = *this->alarm.deadline;
  this->rng.due();
  this->driver.work();
  EXPECT_EQ(this->driver.collect(0)->written, 64u);
  EXPECT_EQ(this->rng.counters().limited, 1u);
}

TYPED_TEST(LimitedRngTest, OverASecondTheLimitHolds) {
  this->driver.start();
  const std::int64_t end = this->clock.ns + second;
  for (; this->clock.ns < end; this->clock.ns += second / 1000) {
    this->ask();
    while (this->driver.collect(0)) {
    }
  }
  EXPECT_GE(this->rng.counters().bytes, 4000u);
  EXPECT_LE(this->rng.counters().bytes, 4096u + 512u);
}

TYPED_TEST(LimitedRngTest, AClockThatIsSetBackKeepsNobodyWaiting) {
  this->driver.start();
  this->ask();
  this->ask();
  this->clock.ns -= 3600 * second;
  this->driver.work();
  EXPECT_LE(*this->alarm.deadline, this->clock.ns + second / 8);
  this->clock.ns = *this->alarm.deadline;
  this->driver.work();
  EXPECT_EQ(this->rng.counters().requests, 2u);
}

TYPED_TEST(LimitedRngTest, AResetDisarmsTheAlarm) {
  this->driver.start();
  this->ask();
  this->ask();
  EXPECT_TRUE(this->driver.stop());
  EXPECT_FALSE(this->alarm.deadline);
}

}  // namespace
}  // namespace takt::virtio
