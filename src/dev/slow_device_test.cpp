// SPDX-License-Identifier: Apache-2.0
#include "dev/slow_device.h"

#include <gtest/gtest.h>

namespace takt {
namespace {

/// Goes on by 100 ns each time that it is looked at.
class TickingClock : public Clock {
 public:
  [[nodiscard]] std::int64_t realtime_ns() const RT override { return now_ += 100; }

 private:
  mutable std::int64_t now_ = 0;
};

class CountedPages : public FreshPages {
 public:
  void touch(unsigned count) RT override { touched += count; }
  unsigned touched = 0;
};

struct Slow {
  TickingClock clock;
  CountedPages pages;
  SlowDevice device{clock, pages};
  void write(std::uint64_t offset, std::uint64_t value) {
    device.write({.offset = offset, .width = Width::b4}, value);
  }
  std::uint64_t read(std::uint64_t offset) {
    return device.read({.offset = offset, .width = Width::b4});
  }
};

TEST(SlowDevice, AJobTakesAsLongAsTheGuestSays) {
  Slow t;
  t.write(SlowDevice::ns, 1000);
  const std::int64_t before = t.clock.realtime_ns();
  t.write(SlowDevice::post, 0);
  EXPECT_GE(t.clock.realtime_ns() - before, 1000);
}

TEST(SlowDevice, EachWayToOrderAJobCounts) {
  Slow t;
  t.write(SlowDevice::post, 1);
  t.write(SlowDevice::ask, 1);
  t.write(SlowDevice::bell, 0);
  EXPECT_EQ(t.read(SlowDevice::count), 3u);
  EXPECT_EQ(t.read(SlowDevice::ask), 4u);
}

TEST(SlowDevice, AJobTouchesAsManyPagesAsTheGuestSays) {
  Slow t;
  t.write(SlowDevice::fault, 64);
  EXPECT_EQ(t.pages.touched, 64u);
  EXPECT_EQ(t.read(SlowDevice::count), 1u);
}

TEST(SlowDevice, AGuestCannotKeepAThreadForLongerThanTheLimit) {
  Slow t;
  t.write(SlowDevice::ns, 0xffff'ffff);
  EXPECT_EQ(t.read(SlowDevice::ns), SlowDevice::longest_ns);
}

TEST(SlowDevice, OtherOffsetsAreNothing) {
  Slow t;
  t.write(0x6, 1);
  t.write(SlowDevice::region_bytes - 4, 1);
  EXPECT_EQ(t.read(SlowDevice::count), 0u);
  EXPECT_EQ(t.read(0x40), 0u);
}

}  // namespace
}  // namespace takt
