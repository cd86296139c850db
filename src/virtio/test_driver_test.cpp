// SPDX-License-Identifier: Apache-2.0
// The test's driver is tested too: others' tests believe it.
#include "virtio/test_driver.h"

#include <gtest/gtest.h>

#include "virtio/test_loopback.h"

namespace takt::virtio::fakes {
namespace {

template <class Format>
class TestDriverTest : public testing::Test {
 protected:
  Loopback model;
  TestDriver<Format> driver{model, 1 << 18};
};
using Formats = testing::Types<Split, Packed>;
TYPED_TEST_SUITE(TestDriverTest, Formats);

TYPED_TEST(TestDriverTest, ARequestGoesThereAndBack) {
  this->driver.start();
  const auto request = this->driver.post(0, {bytes_of("to and "), bytes_of("fro")}, {4, 16});
  EXPECT_TRUE(this->driver.kick(0));
  this->driver.work();
  const auto done = this->driver.collect(0);
  ASSERT_TRUE(done);
  EXPECT_EQ(done->request, request);
  EXPECT_EQ(done->written, 10u);
  EXPECT_EQ(done->in[0], bytes_of("to a"));
  EXPECT_EQ(done->in[1].size(), 16u);
  EXPECT_EQ(this->driver.interrupts().used[0], 1u);
  EXPECT_EQ(this->driver.collect(0), std::nullopt);
}

TYPED_TEST(TestDriverTest, ManyRequestsUseTheSameMemory) {
  this->driver.start();
  for (unsigned i = 0; i < 1000; ++i) {
    const auto request = (i & 1) == 0 ? this->driver.post(1, {bytes_of(i)}, {4096})
                                      : this->driver.post_indirect(1, {bytes_of(i)}, {4096});
    ASSERT_EQ(request, i);
    this->driver.run(1);
    const auto done = this->driver.collect(1);
    ASSERT_TRUE(done);
    ASSERT_EQ(done->written, 4u);
  }
}

TYPED_TEST(TestDriverTest, AFullRingTakesNoMore) {
  this->driver.start();
  for (unsigned i = 0; i < 16; ++i) ASSERT_TRUE(this->driver.post(1, {}, {1}));
  EXPECT_EQ(this->driver.post(1, {}, {1}), std::nullopt);
  EXPECT_EQ(this->driver.outstanding(), 16u);
}

TYPED_TEST(TestDriverTest, StopsWhenTheModelDoesAndStartsAgain) {
  this->driver.start();
  this->model.keep = true;
  ASSERT_TRUE(this->driver.post(0, {}, {1}));
  this->driver.run(0);
  EXPECT_FALSE(this->driver.stop());
  this->model.keep = false;
  this->driver.work();
  EXPECT_TRUE(this->driver.stop());
  this->driver.start(feature::version_1, 4);
  ASSERT_TRUE(this->driver.post(0, {}, {1}));
  this->driver.run(0);
  EXPECT_TRUE(this->driver.collect(0));
}

}  // namespace
}  // namespace takt::virtio::fakes
