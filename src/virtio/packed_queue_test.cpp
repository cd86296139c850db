// SPDX-License-Identifier: Apache-2.0
// What is the packed format's own; virtqueue_test.cpp has what both do.
#include <gtest/gtest.h>

#include "virtio/test_rings.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {
namespace {

using fakes::Piece;
using fakes::TestMemory;
using fakes::TestPackedRing;
using fakes::Used;

class PackedQueueTest : public testing::Test {
 protected:
  void enable(std::uint64_t features, std::uint16_t size = 8) {
    ring.emplace(memory, size, features);
    ASSERT_TRUE(queue.enable(memory.guest(), ring->layout(), features | feature::ring_packed));
  }
  PackedDesc readable(std::uint16_t flags = 0, std::uint16_t id = 0) {
    return {.addr = memory.alloc(16).raw(), .len = 16, .id = id, .flags = flags};
  }
  void expect_broken(Fault fault) {
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_EQ(queue.fault(), fault);
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_FALSE(queue.enable_kicks());
  }
  void offer_table(std::span<const PackedDesc> table, std::uint16_t flags = desc_flag::indirect) {
    const Gpa at = memory.alloc(table.size_bytes());
    for (std::size_t i = 0; i < table.size(); ++i) memory.store(at + i * 16, table[i]);
    const PackedDesc desc{.addr = at.raw(),
                          .len = static_cast<std::uint32_t>(table.size_bytes()),
                          .id = 5,
                          .flags = flags};
    ring->offer({&desc, 1});
  }

  TestMemory memory{4 << 20};
  std::optional<TestPackedRing> ring;
  Virtqueue queue;
  Chain chain;
};

TEST_F(PackedQueueTest, SizesAreAnyNumberUpTo32768) {  // 2.8.10.1
  ring.emplace(memory, std::uint16_t{32768}, 0);
  QueueLayout layout = ring->layout();
  for (const unsigned size : {1u, 3u, 100u, 32767u, 32768u}) {
    layout.size = static_cast<std::uint16_t>(size);
    EXPECT_TRUE(queue.enable(memory.guest(), layout, feature::ring_packed)) << size;
  }
  layout.size = 0;
  EXPECT_FALSE(queue.enable(memory.guest(), layout, feature::ring_packed));
  layout.size = 32769;
  EXPECT_FALSE(queue.enable(memory.guest(), layout, feature::ring_packed));
}

TEST_F(PackedQueueTest, AreasAreAligned) {  // 2.8.10.1
  ring.emplace(memory, std::uint16_t{8}, 0);
  const QueueLayout good = ring->layout();
  QueueLayout bad = good;
  bad.desc = good.desc + 8;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, feature::ring_packed));
  bad = good;
  bad.driver = good.driver + 2;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, feature::ring_packed));
  bad = good;
  bad.device = good.device + 2;
  EXPECT_FALSE(queue.enable(memory.guest(), bad, feature::ring_packed));
}

TEST_F(PackedQueueTest, TheIdIsThatOfTheLastDescriptor) {  // 2.8.6
  enable(0);
  const std::array descs{readable(desc_flag::next, 1), readable(0, 77)};
  ring->offer(descs);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.ticket().id, 77);
  EXPECT_EQ(chain.ticket().slots, 2);
}

TEST_F(PackedQueueTest, AChainGoesOnAtTheStartOfTheRing) {
  enable(0, 3);
  const std::array<Piece, 2> pieces{Piece{memory.alloc(16), 1, false},
                                    Piece{memory.alloc(16), 2, true}};
  for (unsigned i = 0; i < 20; ++i) {
    const auto id = ring->post(pieces);
    ASSERT_TRUE(id);
    ASSERT_EQ(queue.pop(chain), Pop::chain);
    EXPECT_EQ(chain.readable_bytes(), 1u);
    EXPECT_EQ(queue.pop(chain), Pop::none);
    queue.push(ChainTicket{*id, 2}, i);
    ASSERT_TRUE(queue.needs_interrupt());
    EXPECT_EQ(ring->used(), (Used{*id, i}));
  }
}

TEST_F(PackedQueueTest, ARingOfOneGoesRoundWithEachChain) {
  enable(feature::event_idx, 1);
  const Piece piece{memory.alloc(16), 16, true};
  for (unsigned i = 0; i < 10; ++i) {
    ring->want_interrupts(true);
    ring->post({&piece, 1});
    ASSERT_TRUE(ring->kick_wanted());
    ASSERT_EQ(queue.pop(chain), Pop::chain);
    ASSERT_EQ(queue.pop(chain), Pop::none);
    queue.push(chain, i);
    ASSERT_TRUE(queue.needs_interrupt());
    ASSERT_EQ(ring->used()->len, i);
    ASSERT_FALSE(queue.enable_kicks());
  }
}

TEST_F(PackedQueueTest, AnUndonePopCrossesTheEndOfTheRing) {
  enable(0, 4);
  const std::array<Piece, 3> pieces{Piece{memory.alloc(16), 1, false},
                                    Piece{memory.alloc(16), 2, false},
                                    Piece{memory.alloc(16), 3, false}};
  ring->post(pieces);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  queue.push(chain, 0);
  static_cast<void>(queue.needs_interrupt());
  ring->used();
  ring->post(pieces);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  queue.undo_pop();
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable_bytes(), 6u);
  EXPECT_EQ(queue.pop(chain), Pop::none);
}

TEST_F(PackedQueueTest, OfABatchTheFirstElementIsWrittenLast) {  // 2.8.8
  enable(0);
  const Piece piece{memory.alloc(16), 16, true};
  ring->post({&piece, 1});
  ring->post({&piece, 1});
  for (int i = 0; i < 2; ++i) {
    ASSERT_EQ(queue.pop(chain), Pop::chain);
    queue.push(chain, 1);
  }
  EXPECT_EQ(ring->used(), std::nullopt);
  queue.publish();
  EXPECT_TRUE(ring->used());
  EXPECT_TRUE(ring->used());
}

TEST_F(PackedQueueTest, AChainLongerThanTheRingBreaksIt) {
  enable(0, 4);
  std::vector<PackedDesc> descs(4, readable(desc_flag::next));
  ring->offer(descs);
  expect_broken(Fault::too_long);
}

TEST_F(PackedQueueTest, AChainThatRunsIntoWhatTheDeviceHoldsBreaksIt) {
  enable(0, 4);
  const std::array<Piece, 2> pieces{Piece{memory.alloc(16), 1, false},
                                    Piece{memory.alloc(16), 2, false}};
  ring->post(pieces);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  ring->offer(std::vector<PackedDesc>(2, readable(desc_flag::next)));
  expect_broken(Fault::in_flight);
}

TEST_F(PackedQueueTest, AllOfATableIsTheChain) {  // 2.8.7: NEXT has no meaning there
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::next), readable(), readable(desc_flag::write)});
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.readable().size(), 2u);
  EXPECT_EQ(chain.writable().size(), 1u);
  EXPECT_EQ(chain.ticket().id, 5);
  EXPECT_EQ(chain.ticket().slots, 1);
}

TEST_F(PackedQueueTest, IndirectInsideIndirectBreaksIt) {
  enable(feature::indirect_desc);
  offer_table(std::array{readable(desc_flag::indirect)});
  expect_broken(Fault::indirect);
}

TEST_F(PackedQueueTest, IndirectWithNextBreaksIt) {  // 2.8.19
  enable(feature::indirect_desc);
  offer_table(std::array{readable()}, desc_flag::indirect | desc_flag::next);
  expect_broken(Fault::indirect);
}

TEST_F(PackedQueueTest, IndirectAfterADirectBufferBreaksIt) {  // 2.8.19
  enable(feature::indirect_desc);
  ring->offer(std::array{readable(desc_flag::next), readable(desc_flag::indirect)});
  expect_broken(Fault::indirect);
}

TEST_F(PackedQueueTest, TheEventCountsOverTheEndOfTheRing) {  // 2.8.10
  enable(feature::event_idx, 4);
  const Piece piece{memory.alloc(16), 16, true};
  for (unsigned i = 0; i < 9; ++i) {
    ring->want_interrupts(true, 3);
    for (unsigned n = 1; n <= 3; ++n) {
      ring->post({&piece, 1});
      ASSERT_EQ(queue.pop(chain), Pop::chain);
      queue.push(chain, 1);
      EXPECT_EQ(queue.needs_interrupt(), n == 3) << i << " " << n;
    }
    for (unsigned n = 1; n <= 3; ++n) ring->used();
  }
}

TEST_F(PackedQueueTest, WithoutTheEventIndexADescriptorEventIsAnyInterrupt) {
  enable(0);
  memory.store<std::uint32_t>(ring->layout().driver, 2u << 16 | 0x7fff);
  const Piece piece{memory.alloc(16), 16, true};
  ring->post({&piece, 1});
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  queue.push(chain, 1);
  EXPECT_TRUE(queue.needs_interrupt());
}

}  // namespace
}  // namespace takt::virtio
