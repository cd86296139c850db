// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "virtio/test_rings.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {
namespace {

using fakes::Piece;
using fakes::TestMemory;
using fakes::TestSplitRing;
using fakes::Used;

class SplitQueueTest : public testing::Test {
 protected:
  void enable(std::uint64_t features, std::uint16_t size = 8) {
    ring.emplace(memory, size, features);
    ASSERT_TRUE(queue.enable(memory.guest(), ring->layout(), features));
  }
  Gpa buffer(std::size_t n = 64) { return memory.alloc(n); }
  /// A chain of one readable buffer at `head`, as a driver would not write it.
  void raw(std::uint16_t head, SplitDesc desc) {
    ring->set_desc(head, desc);
    ring->offer(head);
  }
  void expect_broken(Fault fault) {
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_EQ(queue.fault(), fault);
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_FALSE(queue.enable_kicks());
  }

  TestMemory memory{1 << 20};
  std::optional<TestSplitRing> ring;
  Virtqueue queue;
  Chain chain;
};

TEST_F(SplitQueueTest, GivesAChainOnceWithItsPiecesInOrder) {
  enable(0);
  const Piece pieces[] = {{buffer(), 16, false}, {buffer(), 32, false}, {buffer(), 48, true}};
  ring->post(pieces);
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  ASSERT_EQ(chain.readable().size(), 2u);
  ASSERT_EQ(chain.writable().size(), 1u);
  EXPECT_EQ(chain.readable()[1].iov_base, memory.at(pieces[1].addr, 32).data());
  EXPECT_EQ(chain.readable_bytes(), 48u);
  EXPECT_EQ(chain.writable_bytes(), 48u);
  EXPECT_EQ(queue.pop(chain), Pop::none);
}

TEST_F(SplitQueueTest, AUsedChainIsSeenWhenThatIsPublished) {
  enable(0);
  const Piece piece{buffer(), 16, true};
  const auto id = ring->post({&piece, 1});
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  queue.push(chain, 7);
  EXPECT_EQ(ring->used_idx(), 0u);
  EXPECT_TRUE(queue.needs_interrupt());
  EXPECT_EQ(ring->used(), (Used{*id, 7}));
  EXPECT_EQ(ring->used(), std::nullopt);
}

TEST_F(SplitQueueTest, AnUndonePopIsGivenAgain) {
  enable(0);
  const Piece piece{buffer(), 16, true};
  ring->post({&piece, 1});
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  const std::uint16_t id = chain.ticket().id;
  queue.undo_pop();
  queue.undo_pop();  // once
  ASSERT_EQ(queue.pop(chain), Pop::chain);
  EXPECT_EQ(chain.ticket().id, id);
  EXPECT_EQ(queue.pop(chain), Pop::none);
}

}  // namespace
}  // namespace takt::virtio
