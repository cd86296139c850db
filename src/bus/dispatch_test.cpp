// SPDX-License-Identifier: Apache-2.0
#include "bus/dispatch.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <utility>
#include <vector>

namespace takt {
namespace {

/// Reads back the offset; records accesses.
class Echo : public Device {
 public:
  [[nodiscard]] std::string_view name() const override { return "echo"; }
  std::uint64_t read(Access a) RT override {
    reads.push_back(a);
    return a.offset;
  }
  void write(Access a, std::uint64_t value) RT override { writes.emplace_back(a, value); }

  std::vector<Access> reads;
  std::vector<std::pair<Access, std::uint64_t>> writes;
};

struct OneDevice {
  Echo echo;
  const Quiescence nobody{0};
  MmioBus bus;
  OneDevice() {
    bus.publish(
        *Table<Gpa>::create("mmio", std::vector{Region<Gpa>{Gpa{0x1000}, 0x10, &echo, Width::b4}}),
        nobody);
  }
};

TEST(Bus, AnAccessReachesItsDeviceWithTheOffset) {
  OneDevice t;
  EXPECT_EQ(t.bus.read(Gpa{0x100c}, Width::b4), 0xcu);
  ASSERT_EQ(t.echo.reads.size(), 1u);
  EXPECT_EQ(t.echo.reads[0].width, Width::b4);
}

TEST(Bus, AnAccessStraddlingTheEndOfADeviceGoesToNoDevice) {
  OneDevice t;
  EXPECT_EQ(t.bus.read(Gpa{0x100e}, Width::b4), ~0ull);
  t.bus.write(Gpa{0x100e}, Width::b4, 1);
  EXPECT_TRUE(t.echo.writes.empty());
  EXPECT_EQ(t.bus.unclaimed(), 2u);
}

TEST(Bus, AnAccessStraddlingTheStartOfADeviceGoesToNoDevice) {
  OneDevice t;
  EXPECT_EQ(t.bus.read(Gpa{0xffe}, Width::b4), ~0ull);
}

TEST(Bus, UnclaimedAddressesReadAllOnesAndAreCounted) {
  OneDevice t;
  EXPECT_EQ(t.bus.read(Gpa{0}, Width::b1), ~0ull);
  EXPECT_EQ(t.bus.read(Gpa{~0ull}, Width::b8), ~0ull);
  EXPECT_EQ(t.bus.unclaimed(), 2u);
}

TEST(Bus, ABusWithoutATableHasNoDevices) {
  MmioBus bus;
  EXPECT_EQ(bus.read(Gpa{0x1000}, Width::b4), ~0ull);
}

TEST(Bus, AWriteIsCutToItsWidth) {
  OneDevice t;
  t.bus.write(Gpa{0x1000}, Width::b1, 0x1234);
  ASSERT_EQ(t.echo.writes.size(), 1u);
  EXPECT_EQ(t.echo.writes[0].second, 0x34u);
}

TEST(Bus, AnAccessWiderThanTheDeviceTakesIsSplitLowestAddressFirst) {
  OneDevice t;
  t.bus.write(Gpa{0x1000}, Width::b8, 0x1122'3344'5566'7788);
  ASSERT_EQ(t.echo.writes.size(), 2u);
  EXPECT_EQ(t.echo.writes[0].second, 0x5566'7788u);
  EXPECT_EQ(t.echo.writes[1].first.offset, 4u);
  EXPECT_EQ(t.echo.writes[1].second, 0x1122'3344u);
  EXPECT_EQ(t.bus.read(Gpa{0x1008}, Width::b8), 0x0000'000c'0000'0008u);
}

TEST(Bus, PublishingAnotherTableTakesEffectAtOnce) {
  OneDevice t;
  t.bus.publish({}, t.nobody);
  EXPECT_EQ(t.bus.read(Gpa{0x1000}, Width::b4), ~0ull);
}

TEST(Bus, AnAccessSaysWhichVcpuMakesIt) {
  OneDevice t;
  t.bus.write(Gpa{0x1000}, Width::b8, 0, VcpuId{3});
  ASSERT_EQ(t.echo.writes.size(), 2u);
  EXPECT_EQ(t.echo.writes[1].first.from, VcpuId{3});
}

/// Readers look devices up and use them without a pause while another thread goes from table to
/// table; the sanitizers see a table or a device that is used after it was freed.
TEST(Bus, TablesAreReplacedUnderReadersWithoutALock) {
  Echo echo;
  Quiescence readers{2};
  MmioBus bus;
  std::atomic<bool> end = false;
  std::atomic<std::uint64_t> found = 0;
  const auto look = [&](std::size_t n) {
    while (!end.load(std::memory_order_relaxed)) {
      const Quiescence::Visit visit{readers.reader(n)};
      if (const auto* region = bus.find(Gpa{0x1000}, Width::b4)) found += region->size;
    }
  };
  std::thread one{look, 0};
  std::thread two{look, 1};
  for (std::uint64_t n = 0; n < 300 || found == 0; ++n)
    bus.publish(*Table<Gpa>::create("mmio", std::vector{Region<Gpa>{Gpa{0x1000}, 0x10 + n, &echo}}),
                readers);
  end = true;
  one.join();
  two.join();
  EXPECT_GT(found, 0u);
}

TEST(Table, TheLastByteOfTheAddressSpaceCanBelongToADevice) {
  Echo echo;
  const auto table =
      Table<Gpa>::create("mmio", std::vector{Region<Gpa>{Gpa{~0ull - 0xf}, 0x10, &echo}});
  ASSERT_TRUE(table);
  EXPECT_NE(table->find(Gpa{~0ull}, Width::b1), nullptr);
  EXPECT_EQ(table->find(Gpa{~0ull}, Width::b2), nullptr);
}

TEST(Table, RefusesOverlapAndNamesBoth) {
  Echo echo;
  const auto table = Table<Port>::create(
      "pio", std::vector{Region<Port>{Port{0x3f8}, 8, &echo}, Region<Port>{Port{0x3ff}, 1, &echo}});
  ASSERT_FALSE(table);
  EXPECT_EQ(table.error().text, "pio regions of echo at 0x3f8 and echo at 0x3ff overlap");
}

TEST(Table, NeighboursDoNotOverlap) {
  Echo echo;
  EXPECT_TRUE(Table<Port>::create(
      "pio", std::vector{Region<Port>{Port{0x10}, 8, &echo}, Region<Port>{Port{0x8}, 8, &echo}}));
}

TEST(Table, RefusesARegionThatIsEmptyOrWraps) {
  Echo echo;
  EXPECT_FALSE(Table<Gpa>::create("mmio", std::vector{Region<Gpa>{Gpa{1}, 0, &echo}}));
  EXPECT_FALSE(Table<Gpa>::create("mmio", std::vector{Region<Gpa>{Gpa{~0ull}, 2, &echo}}));
}

TEST(Table, FindsEachOfManyDevices) {
  std::vector<Echo> echoes(256);
  std::vector<Region<Gpa>> regions;
  for (std::size_t i = 0; i < echoes.size(); ++i)
    regions.push_back({Gpa{0x1'0000'0000 + i * 0x2000}, 0x1000, &echoes[i]});
  const auto table = Table<Gpa>::create("mmio", regions);
  ASSERT_TRUE(table);
  EXPECT_EQ(table->find(Gpa{0x1'0000'0000}, Width::b1)->device, &echoes[0]);
  EXPECT_EQ(table->find(Gpa{0x1'0000'0fff + 255 * 0x2000}, Width::b1)->device, &echoes[255]);
  EXPECT_EQ(table->find(Gpa{0x1'0000'1000}, Width::b1), nullptr);
}

}  // namespace
}  // namespace takt
