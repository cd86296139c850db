// SPDX-License-Identifier: Apache-2.0
// What is the split format's own; virtqueue_test.cpp has what both do.
#include <gtest/gtest.h>

#include "virtio/test_rings.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {
namespace {

using fakes::Piece;
using fakes::TestMemory;
using fakes::TestSplitRing;

class SplitQueueTest : public testing::Test {
 protected:
  void enable(std::uint64_t features, std::uint16_t size = 8) {
    ring.emplace(memory, size, features);
    ASSERT_TRUE(queue.enable(memory.guest(), ring->layout(), features));
  }
  SplitDesc readable(std::uint16_t flags = 0, std::uint16_t next = 0) {
    return {.addr = memory.alloc(16).raw(), .len = 16, .flags = flags, .next = next};
  }
  void expect_broken(Fault fault) {
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_EQ(queue.fault(), fault);
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_FALSE(queue.enable_kicks());
  }
  /// A table of these, behind descriptor 0, which is offered.
  void offer_table(std::span<const SplitDesc> table, std::uint16_t flags = desc_flag::indirect) {
    const Gpa at = memory.alloc(table.size_bytes());
    for (std::size_t i = 0; i < table.size(); ++i) memory.store(at + i * 16, table[i]);
    ring->set_desc(0, {.addr = at.raw(),
                       .len = static_cast<std::uint32_t>(table.size_bytes()),
                       .flags = flags,
                       .next = 1});
    ring->offer(0);
  }

  TestMemory memory{4 << 20};
  std::optional<TestSplitRing> ring;
  Virtqueue queue;
  Chain chain;
};

TEST_F(SplitQueueTest, SizesArePowersOfTwo) {  // 2.7
  ring.emplace(memory, std::uint16_t{32768}, 0);
  QueueLayout layout = ring->layout();
  EXPECT_TRUE(queue.enable(memory.guest(), layout, 0));
  layout.size = 0;
  EXPECT_FALSE(queue.enable(memory.guest(), layout, 0));
  EXPECT_FALSE(queue.enabled());
  layout.size = 12;
  EXPECT_FALSE(queue.enable(memory.guest(), layout, 0));
  layout.size = 1;
  EXPECT_TRUE(queue.enable(memory.guest(), layout, 0));
}

TEST_F(SplitQueueTest, RingsAreAligned) {  // 2.7
  ring.emplace(memory, std::uint16_t{8}, 0);
  const QueueLayout good = ring->layout();
  QueueLayout bad = good;
  bad.desc = good.desc + 8;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, 0));
  bad = good;
  bad.driver = good.driver + 1;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, 0));
  bad = good;
  bad.device = good.device + 2;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, 0));
}

TEST_F(SplitQueueTest, RingsAreRamToTheirLastByte) {
  ring.emplace(memory, std::uint16_t{8}, 0);
  const Gpa end = TestMemory::start + memory.all().size();
  QueueLayout layout = ring->layout();
  layout.device = Gpa{end.raw() - (4 + 8 * 8)};
  EXPECT_TRUE(queue.enable(memory.guest(), layout, 0));
  EXPECT_FALSE(queue.enable(memory.guest(), layout, feature::event_idx));  // two bytes more
  layout = ring->layout();
  layout.desc = Gpa{~15ull};
  EXPECT_FALSE(queue.enable(memory.guest(), layout, 0));
}

TEST_F(SplitQueueTest, AnAvailableIndexThatJumpsFurtherThanTheQueueIsLongBreaksIt) {
  enable(0);
  ring->set_avail_idx(9);
  expect_broken(Fault::avail_index);
}

TEST_F(SplitQueueTest, AnAvailableIndexThatGoesBackBreaksIt) {
  enable(0);
  ring->set_avail_idx(0xffff);
  expect_broken(Fault::avail_index);
}

TEST_F(SplitQueueTest, EnableKicksTellsOnceOfAnIndexThatMakesNoSense) {
  enable(0);
  ring->set_avail_idx(9);
  EXPECT_TRUE(queue.enable_kicks());
  EXPECT_FALSE(queue.enable_kicks());
  EXPECT_TRUE(queue.broken());
}

TEST_F(SplitQueueTest, AHeadBeyondTheTableBreaksIt) {
  enable(0);
  ring->offer(8);
  expect_broken(Fault::desc_index);
}

TEST_F(SplitQueueTest, ANextBeyondTheTableBreaksIt) {
  enable(0);
  ring->set_desc(0, readable(desc_flag::next, 8));
  ring->offer(0);
  expect_broken(Fault::desc_index);
}

TEST_F(SplitQueueTest, ALoopBreaksIt) {
  enable(0);
  ring->set_desc(0, readable(desc_flag::next, 1));
  ring->set_desc(1, readable(desc_flag::next, 0));
  ring->offer(0);
  expect_broken(Fault::too_long);
}

TEST_F(SplitQueueTest, ALoopOfALargeQueueBreaksItAfterTheMostPieces) {
  enable(0, 1024);
  ring->set_desc(0, readable(desc_flag::next, 0));
  ring->offer(0);
  expect_broken(Fault::too_long);
}

TEST_F(SplitQueueTest, AHeadThatIsOfferedForEverBreaksIt) {
  enable(0);
  ring->set_desc(0, readable());
  for (int i = 0; i < 8; ++i) ring->offer(0);
  for (int i = 0; i < 8; ++i) ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(queue.pop(chain), Pop::none);
  ring->offer(0);
  expect_broken(Fault::in_flight);
}

TEST_F(SplitQueueTest, DirectBuffersBeforeAnIndirectTableAreOneChain) {  // 2.7.5.3.2
  enable(feature::indirect_desc);
  const std::array table{readable(desc_flag::write)};
  ring->set_desc(1, readable(desc_flag::next, 0));
  const Gpa at = memory.alloc(16);
  memory.store(at, table[0]);
  ring->set_desc(0, {.addr = at.raw(), .len = 16, .flags = desc_flag::indirect, .next = 0});
  ring->offer(1);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable().size(), 1u);
  EXPECT_EQ(chain.writable().size(), 1u);
}

TEST_F(SplitQueueTest, WriteInTheDescriptorOfATableIsIgnored) {  // 2.7.5.3.2
  enable(feature::indirect_desc);
  const std::array table{readable()};
  offer_table(table, desc_flag::indirect | desc_flag::write);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable().size(), 1u);
}

TEST_F(SplitQueueTest, ATableIsAChainByItsNextFields) {
  enable(feature::indirect_desc);
  const std::array table{readable(desc_flag::next, 2), readable(),
                         readable(desc_flag::next | desc_flag::write, 1)};
  offer_table(
      std::array{table[0], SplitDesc{.addr = table[1].addr, .len = 1, .flags = 2}, table[2]});
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable_bytes(), 16u);
  EXPECT_EQ(chain.writable_bytes(), 17u);
}

TEST_F(SplitQueueTest, ATableMayBeLongerThanTheQueue) {
  enable(feature::indirect_desc, 4);
  std::vector<Piece> pieces(Chain::most_pieces, Piece{memory.alloc(16), 16, false});
  ring->post_indirect(pieces);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable().size(), Chain::most_pieces);
}

TEST_F(SplitQueueTest, IndirectInsideIndirectBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::indirect)});
  expect_broken(Fault::indirect);
}

TEST_F(SplitQueueTest, IndirectWithNextBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable()}, desc_flag::indirect | desc_flag::next);
  expect_broken(Fault::indirect);
}

TEST_F(SplitQueueTest, ANextBeyondATableBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::next, 1)});
  expect_broken(Fault::too_long);  // as long as the table, and goes on
}

TEST_F(SplitQueueTest, ANextFarBeyondATableBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::next, 0xffff), readable()});
  expect_broken(Fault::desc_index);
}

TEST_F(SplitQueueTest, ALoopInATableBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::next, 1), readable(desc_flag::next, 0)});
  expect_broken(Fault::too_long);
}

TEST_F(SplitQueueTest, ATableNeedNotBeAligned) {
  enable(feature::indirect_desc);
  const Gpa at = memory.alloc(32) + 3;
  memory.store(at, readable());
  ring->set_desc(0, {.addr = at.raw(), .len = 16, .flags = desc_flag::indirect, .next = 0});
  ring->offer(0);
  EXPECT_EQ(queue.pop(chain), Pop::chain);
}

TEST_F(SplitQueueTest, IndicesGoRoundAt65536) {
  enable(feature::event_idx, 2);
  const Piece piece{memory.alloc(16), 16, true};
  for (unsigned i = 0; i < 70'000; ++i) {
    ring->want_interrupts(true);
    ASSERT_TRUE(ring->post({&piece, 1}));
    ASSERT_EQ(ring->kick_wanted(), true) << i;
    ASSERT_EQ(queue.pop(chain), Pop::chain);
    queue.push(chain, i);
    ASSERT_TRUE(queue.needs_interrupt()) << i;
    ASSERT_EQ(ring->used()->len, i);
    ASSERT_FALSE(queue.enable_kicks());
  }
}

TEST_F(SplitQueueTest, WithTheEventIndexFlagsStayZero) {  // 2.7.10.1
  enable(feature::event_idx);
  queue.disable_kicks();
  EXPECT_EQ(memory.load<std::uint16_t>(ring->layout().device), 0u);
}

}  // namespace
}  // namespace takt::virtio
