// SPDX-License-Identifier: Apache-2.0
// What both formats do, each tested in both.
#include "virtio/virtqueue.h"

#include <gtest/gtest.h>

#include "virtio/test_driver.h"

namespace takt::virtio {
namespace {

using fakes::Piece;
using fakes::TestMemory;
using fakes::Used;

template <class Format>
class VirtqueueTest : public testing::Test {
 protected:
  using Ring = typename Format::Ring;

  void enable(std::uint64_t features = 0, std::uint16_t size = 8) {
    ring.emplace(memory, size, features);
    ASSERT_TRUE(queue.enable(memory.guest(), ring->layout(), features | Ring::features));
  }
  Piece readable(std::uint32_t len) { return {memory.alloc(len), len, false}; }
  Piece writable(std::uint32_t len) { return {memory.alloc(len), len, true}; }
  std::uint16_t post(const std::vector<Piece>& pieces) { return ring->post(pieces).value(); }
  void pop() { ASSERT_EQ(queue.pop(chain), Pop::chain); }
  void expect_broken(Fault fault) {
    EXPECT_EQ(queue.pop(chain), Pop::broken);
    EXPECT_EQ(queue.fault(), fault);
    EXPECT_EQ(queue.pop(chain), Pop::broken);
  }

  TestMemory memory{4 << 20};
  std::optional<Ring> ring;
  Virtqueue queue;
  Chain chain;
};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(VirtqueueTest, Formats);

TYPED_TEST(VirtqueueTest, AQueueThatIsNotEnabledGivesNothing) {
  EXPECT_EQ(this->queue.pop(this->chain), Pop::none);
  this->queue.push(ChainTicket{1, 1}, 1);
  EXPECT_FALSE(this->queue.needs_interrupt());
  EXPECT_FALSE(this->queue.enable_kicks());
}

TYPED_TEST(VirtqueueTest, GivesAChainOnceWithItsPiecesInOrder) {
  this->enable();
  const std::vector<Piece> pieces{this->readable(16), this->readable(32), this->writable(48)};
  const auto id = this->post(pieces);
  this->pop();
  EXPECT_EQ(this->chain.ticket().id, id);
  ASSERT_EQ(this->chain.readable().size(), 2u);
  ASSERT_EQ(this->chain.writable().size(), 1u);
  EXPECT_EQ(this->chain.readable()[1].iov_base, this->memory.at(pieces[1].addr, 32).data());
  EXPECT_EQ(this->chain.readable()[1].iov_len, 32u);
  EXPECT_EQ(this->chain.readable_bytes(), 48u);
  EXPECT_EQ(this->chain.writable_bytes(), 48u);
  EXPECT_EQ(this->queue.pop(this->chain), Pop::none);
}

TYPED_TEST(VirtqueueTest, ChainsComeBackInAnyOrder) {
  this->enable();
  const auto first = this->post({this->writable(16)});
  const auto second = this->post({this->readable(8), this->writable(8)});
  this->pop();
  const ChainTicket ticket = this->chain.ticket();
  this->pop();
  this->queue.push(this->chain, 3);
  this->queue.push(ticket, 4);
  EXPECT_TRUE(this->queue.needs_interrupt());
  EXPECT_EQ(this->ring->used(), (Used{second, 3}));
  EXPECT_EQ(this->ring->used(), (Used{first, 4}));
  EXPECT_EQ(this->ring->used(), std::nullopt);
}

TYPED_TEST(VirtqueueTest, WhatIsPushedIsSeenWhenItIsPublished) {
  this->enable();
  this->post({this->writable(16)});
  this->pop();
  this->queue.push(this->chain, 3);
  EXPECT_EQ(this->ring->used(), std::nullopt);
  this->queue.publish();
  EXPECT_TRUE(this->ring->used());
  EXPECT_TRUE(this->queue.needs_interrupt());
}

TYPED_TEST(VirtqueueTest, AnUndonePopIsGivenAgainOnce) {
  this->enable();
  const auto id = this->post({this->writable(16)});
  this->pop();
  this->queue.undo_pop();
  this->queue.undo_pop();
  this->pop();
  EXPECT_EQ(this->chain.ticket().id, id);
  EXPECT_EQ(this->queue.pop(this->chain), Pop::none);
}

TYPED_TEST(VirtqueueTest, AfterAPushNothingIsUndone) {
  this->enable();
  this->post({this->writable(16)});
  this->post({this->writable(16)});
  this->pop();
  const ChainTicket ticket = this->chain.ticket();
  this->pop();
  this->queue.push(ticket, 1);
  this->queue.undo_pop();
  EXPECT_EQ(this->queue.pop(this->chain), Pop::none);
}

TYPED_TEST(VirtqueueTest, SeveralPopsAreUndoneInReverseOrder) {
  this->enable();
  const auto first = this->post({this->writable(16)});
  const auto second = this->post({this->readable(16), this->writable(16)});
  this->pop();
  const ChainTicket ticket = this->chain.ticket();
  this->pop();
  this->queue.undo_pop(this->chain.ticket());
  this->queue.undo_pop(ticket);
  this->pop();
  EXPECT_EQ(this->chain.ticket().id, first);
  this->pop();
  EXPECT_EQ(this->chain.ticket().id, second);
}

TYPED_TEST(VirtqueueTest, AnIndirectTableIsOneChain) {
  this->enable(feature::indirect_desc);
  const std::vector<Piece> pieces{this->readable(16), this->readable(32), this->writable(48)};
  const auto id = this->ring->post_indirect(pieces);
  this->pop();
  EXPECT_EQ(this->chain.readable_bytes(), 48u);
  EXPECT_EQ(this->chain.writable_bytes(), 48u);
  this->queue.push(this->chain, 9);
  EXPECT_TRUE(this->queue.needs_interrupt());
  EXPECT_EQ(this->ring->used(), (Used{*id, 9}));
}

TYPED_TEST(VirtqueueTest, AnIndirectTableThatWasNotNegotiatedBreaksIt) {
  this->enable();
  const std::vector<Piece> pieces{this->readable(16)};
  this->ring->post_indirect(pieces);
  this->expect_broken(Fault::indirect);
}

TYPED_TEST(VirtqueueTest, AnEmptyTableBreaksIt) {
  this->enable(feature::indirect_desc);
  this->ring->post_table(this->memory.alloc(16), 0);
  this->expect_broken(Fault::indirect);
}

TYPED_TEST(VirtqueueTest, ATableOfHalfADescriptorBreaksIt) {
  this->enable(feature::indirect_desc);
  this->ring->post_table(this->memory.alloc(32), 24);
  this->expect_broken(Fault::indirect);
}

TYPED_TEST(VirtqueueTest, ATableThatIsNotRamBreaksIt) {
  this->enable(feature::indirect_desc);
  this->ring->post_table(Gpa{0x1000}, 16);
  this->expect_broken(Fault::not_ram);
}

TYPED_TEST(VirtqueueTest, ABufferThatIsNotRamBreaksIt) {
  this->enable();
  this->post({{Gpa{TestMemory::start.raw() - 8}, 16, false}});
  this->expect_broken(Fault::not_ram);
}

TYPED_TEST(VirtqueueTest, ABufferThatReachesBeyondRamBreaksIt) {
  this->enable();
  this->post({{TestMemory::start + (this->memory.all().size() - 8), 9, false}});
  this->expect_broken(Fault::not_ram);
}

TYPED_TEST(VirtqueueTest, ABufferAtTheEndOfTheAddressSpaceBreaksIt) {
  this->enable();
  this->post({{Gpa{~0ull - 4}, ~0u, false}});
  this->expect_broken(Fault::not_ram);
}

TYPED_TEST(VirtqueueTest, ReadableAfterWritableBreaksIt) {  // 2.7.4.2
  this->enable();
  this->post({this->writable(16), this->readable(16)});
  this->expect_broken(Fault::order);
}

TYPED_TEST(VirtqueueTest, BuffersOfLengthZeroAreLeftOut) {
  this->enable();
  this->post({{Gpa{0}, 0, false}, this->readable(4), {Gpa{0}, 0, true}});
  this->pop();
  EXPECT_EQ(this->chain.readable().size(), 1u);
  EXPECT_EQ(this->chain.writable().size(), 0u);
  const auto id = this->post({{Gpa{0}, 0, true}});
  this->pop();
  EXPECT_TRUE(this->chain.readable().empty());
  EXPECT_EQ(this->chain.ticket().id, id);
}

TYPED_TEST(VirtqueueTest, MoreThanTheMostPiecesBreakIt) {
  this->enable(feature::indirect_desc, 1024);
  std::vector<Piece> pieces(Chain::most_pieces, this->readable(1));
  this->ring->post_indirect(pieces);
  this->pop();
  EXPECT_EQ(this->chain.readable_bytes(), Chain::most_pieces);
  pieces.push_back(pieces[0]);
  this->post(pieces);
  this->expect_broken(Fault::too_long);
}

TYPED_TEST(VirtqueueTest, ATableOfMoreThanTheMostPiecesBreaksIt) {
  this->enable(feature::indirect_desc);
  const std::vector<Piece> pieces(Chain::most_pieces + 1, this->readable(1));
  this->ring->post_indirect(pieces);
  this->expect_broken(Fault::too_long);
}

TYPED_TEST(VirtqueueTest, AChainOfMoreThanFourGibibytesBreaksIt) {  // 2.7.5
  TestMemory large{17 << 20};
  typename TestFixture::Ring rings{large, 8, feature::indirect_desc};
  ASSERT_TRUE(this->queue.enable(large.guest(), rings.layout(),
                                 feature::indirect_desc | TestFixture::Ring::features));
  std::vector<Piece> pieces(256, Piece{TestMemory::start, 16 << 20, true});
  rings.post_indirect(pieces);
  this->pop();
  EXPECT_EQ(this->chain.writable_bytes(), 1ull << 32);
  pieces[255].len += 1;
  rings.post_indirect(pieces);
  this->expect_broken(Fault::bytes);
}

TYPED_TEST(VirtqueueTest, ABrokenQueueStillTakesBackWhatItGave) {
  this->enable();
  const auto id = this->post({this->writable(16)});
  this->post({{Gpa{0}, 16, true}});
  this->pop();
  const ChainTicket ticket = this->chain.ticket();
  this->expect_broken(Fault::not_ram);
  this->queue.push(ticket, 1);
  EXPECT_TRUE(this->queue.needs_interrupt());
  EXPECT_EQ(this->ring->used(), (Used{id, 1}));
}

TYPED_TEST(VirtqueueTest, WhatWasNotPoppedCannotBePushed) {
  this->enable();
  this->queue.push(ChainTicket{0, 1}, 1);
  EXPECT_FALSE(this->queue.needs_interrupt());
  EXPECT_EQ(this->ring->used(), std::nullopt);
}

TYPED_TEST(VirtqueueTest, WhatIsPushedAfterADisableIsDropped) {
  this->enable();
  this->post({this->writable(16)});
  this->pop();
  this->queue.disable();
  this->queue.push(this->chain, 1);
  EXPECT_FALSE(this->queue.needs_interrupt());
  EXPECT_EQ(this->ring->used(), std::nullopt);
}

TYPED_TEST(VirtqueueTest, EnabledAgainItStartsAtTheBeginning) {
  this->enable();
  this->post({this->writable(16)});
  this->pop();
  this->enable();
  const auto id = this->post({this->writable(16)});
  this->pop();
  EXPECT_EQ(this->chain.ticket().id, id);
}

TYPED_TEST(VirtqueueTest, WithoutAPushNoInterruptIsNeeded) {
  this->enable();
  EXPECT_FALSE(this->queue.needs_interrupt());
}

TYPED_TEST(VirtqueueTest, TheDriverSwitchesInterruptsOff) {
  this->enable();
  this->ring->want_interrupts(false);
  this->post({this->writable(16)});
  this->pop();
  this->queue.push(this->chain, 1);
  EXPECT_FALSE(this->queue.needs_interrupt());
  this->ring->want_interrupts(true);
  this->post({this->writable(16)});
  this->pop();
  this->queue.push(this->chain, 1);
  EXPECT_TRUE(this->queue.needs_interrupt());
}

TYPED_TEST(VirtqueueTest, TheEventIndexSaysAfterWhichChainAnInterruptIsNeeded) {
  this->enable(feature::event_idx);
  this->ring->want_interrupts(true, 3);
  for (unsigned n = 1; n <= 5; ++n) {
    this->post({this->writable(16)});
    this->pop();
    this->queue.push(this->chain, 1);
    EXPECT_EQ(this->queue.needs_interrupt(), n == 3) << n;
  }
}

TYPED_TEST(VirtqueueTest, ABatchThatPassesTheEventNeedsOneInterrupt) {
  this->enable(feature::event_idx);
  this->ring->want_interrupts(true, 2);
  for (unsigned n = 0; n < 4; ++n) {
    this->post({this->writable(16)});
    this->pop();
    this->queue.push(this->chain, 1);
  }
  EXPECT_TRUE(this->queue.needs_interrupt());
  EXPECT_FALSE(this->queue.needs_interrupt());
}

TYPED_TEST(VirtqueueTest, TheDriverNotifiesUnlessItIsToldNotTo) {
  this->enable();
  this->post({this->writable(16)});
  EXPECT_TRUE(this->ring->kick_wanted());
  this->queue.disable_kicks();
  this->post({this->writable(16)});
  EXPECT_FALSE(this->ring->kick_wanted());
  EXPECT_TRUE(this->queue.enable_kicks());
  this->pop();
  this->pop();
  EXPECT_FALSE(this->queue.enable_kicks());
  this->post({this->writable(16)});
  EXPECT_TRUE(this->ring->kick_wanted());
}

TYPED_TEST(VirtqueueTest, WithTheEventIndexTheDriverNotifiesOnceAfterASleep) {
  this->enable(feature::event_idx);
  EXPECT_FALSE(this->queue.enable_kicks());
  this->post({this->writable(16)});
  EXPECT_TRUE(this->ring->kick_wanted());
  this->queue.disable_kicks();
  this->post({this->writable(16)});
  EXPECT_FALSE(this->ring->kick_wanted());
  EXPECT_TRUE(this->queue.enable_kicks());
}

TYPED_TEST(VirtqueueTest, BytesAreCopiedAcrossPieces) {
  this->enable();
  const std::vector<Piece> pieces{this->readable(3), this->readable(5), this->writable(2),
                                  this->writable(4)};
  for (unsigned i = 0; i < 3; ++i) this->memory.store(pieces[0].addr + i, std::uint8_t(i));
  for (unsigned i = 0; i < 5; ++i) this->memory.store(pieces[1].addr + i, std::uint8_t(3 + i));
  this->post(pieces);
  this->pop();
  std::array<std::byte, 6> copy{};
  EXPECT_EQ(this->chain.read(1, copy), 6u);
  EXPECT_EQ(copy[0], std::byte{1});
  EXPECT_EQ(copy[5], std::byte{6});
  EXPECT_EQ(this->chain.read(5, copy), 3u);
  EXPECT_EQ(copy[2], std::byte{7});
  EXPECT_EQ(this->chain.read(8, copy), 0u);
  EXPECT_EQ(this->chain.read(~0ull, copy), 0u);
  EXPECT_EQ(this->chain.write(1, copy), 5u);
  EXPECT_EQ(this->memory.template load<std::uint8_t>(pieces[2].addr + 1), 5u);
  EXPECT_EQ(this->memory.template load<std::uint8_t>(pieces[3].addr), 6u);
}

TYPED_TEST(VirtqueueTest, WhatTheDriverNeverGetsBackIsBounded) {
  this->enable();
  for (int i = 0; i < 8; ++i) this->post({this->writable(16)});
  for (int i = 0; i < 8; ++i) this->pop();
  EXPECT_EQ(this->queue.pop(this->chain), Pop::none);
}

}  // namespace
}  // namespace takt::virtio
