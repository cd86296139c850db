// SPDX-License-Identifier: Apache-2.0
// Any contents of ring memory, changed between any operations of the device. Invariants: pieces are
// in RAM and within their bounds, the device holds no more chains than the queue has entries, and
// a queue that is broken stays so.
#include <cstdlib>
#include <cstring>
#include <deque>
#include <span>

#include "virtio/test_driver.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {
namespace {

using namespace fakes;

constexpr std::size_t op_bytes = 8;
constexpr std::size_t ram_bytes = 16 << 10;

void require(bool condition) {
  if (!condition) std::abort();
}

template <class Ring>
class Trial {
 public:
  Trial(std::uint64_t features, std::uint16_t size) : features_{features | Ring::features} {
    ring_.emplace(memory_, size, features_);
    const bool enabled = queue_.enable(memory_.guest(), ring_->layout(), features_);
    require(enabled || (Ring::features == 0 && !std::has_single_bit(size)));
    buffers_ = memory_.alloc(256);
  }

  void step(std::span<const std::uint8_t, op_bytes> op) {
    std::uint16_t a = 0;
    std::uint32_t b = 0;
    std::memcpy(&a, &op[2], sizeof a);
    std::memcpy(&b, &op[4], sizeof b);
    switch (op[0] & 15) {
      case 0:
      case 1: return pop();
      case 2: return push(a, b);
      case 3: return undo();
      case 4: return undo_all();
      case 5: static_cast<void>(queue_.needs_interrupt()); return;
      case 6: queue_.publish(); return;
      case 7: queue_.disable_kicks(); return;
      case 8: return enable_kicks();
      case 9: return post(op[1], b, false);
      case 10: return post(op[1], b, true);
      case 11: return collect();
      case 12: return descriptor(op[1], a, b);
      case 13: return ring_word(a, b);
      case 14: return memory_.store(TestMemory::start + a % (ram_bytes - 4), b);
      default: return memory_.store(TestMemory::start + a % (ram_bytes - 2), std::uint16_t(b));
    }
  }

 private:
  void pop() {
    const bool was_broken = queue_.broken();
    const Pop got = queue_.pop(chain_);
    require(got != Pop::none || !was_broken);
    require((got == Pop::broken) == queue_.broken());
    require(!was_broken || got == Pop::broken);
    if (got != Pop::chain) return;
    held_.push_back(chain_.ticket());
    last_is_held_ = true;
    require(held_.size() <= queue_.size());
    check_pieces();
  }
  void check_pieces() {
    require(sum(chain_.readable()) == chain_.readable_bytes());
    require(sum(chain_.writable()) == chain_.writable_bytes());
    require(chain_.readable_bytes() + chain_.writable_bytes() <= Chain::most_bytes);
    require(chain_.readable().size() + chain_.writable().size() <= Chain::most_pieces);
    std::array<std::byte, 64> some;
    chain_.write(7, std::span{some}.first(chain_.read(3, some)));
  }
  std::uint64_t sum(std::span<const iovec> pieces) {
    const std::span ram = memory_.all();
    std::uint64_t bytes = 0;
    for (const iovec& piece : pieces) {
      const auto* at = static_cast<const std::byte*>(piece.iov_base);
      require(piece.iov_len != 0 && at >= ram.data() && piece.iov_len <= ram.size());
      require(at + piece.iov_len <= ram.data() + ram.size());
      bytes += piece.iov_len;
    }
    return bytes;
  }
  void push(std::size_t which, std::uint32_t written) {
    last_is_held_ = false;
    if (held_.empty()) return queue_.push(ChainTicket{std::uint16_t(written), 1}, written);
    const auto at = held_.begin() + static_cast<std::ptrdiff_t>(which % held_.size());
    queue_.push(*at, written);
    held_.erase(at);
  }
  void undo() {
    queue_.undo_pop();
    if (last_is_held_ && !queue_.broken()) held_.pop_back();
    last_is_held_ = false;
  }
  void undo_all() {
    last_is_held_ = false;
    if (queue_.broken()) return;
    for (; !held_.empty(); held_.pop_back()) queue_.undo_pop(held_.back());
  }
  void enable_kicks() {
    const bool was_broken = queue_.broken();
    require(!queue_.enable_kicks() || !was_broken);
  }
  void post(unsigned n, std::uint32_t shape, bool indirect) {
    if (!memory_.has_room(16 * 300)) return;
    std::vector<Piece> pieces;
    for (unsigned i = 0; i <= n % (indirect ? 255u : 6u); ++i)
      pieces.push_back({buffers_ + (shape & 0xff), shape >> 8 & 0xff, i >= (shape >> 16 & 7)});
    if (indirect)
      ring_->post_indirect(pieces);
    else
      ring_->post(pieces);
  }
  void collect() {
    const auto used = ring_->used();
    static_cast<void>(used);
    static_cast<void>(ring_->kick_wanted());
  }
  /// A descriptor whose address is near RAM and whose flags and last field are anything.
  void descriptor(std::uint8_t index, std::uint16_t place, std::uint32_t rest) {
    const Gpa at = ring_->layout().desc + (index % ring_->layout().size) * 16u;
    memory_.store(at, TestMemory::start.raw() + place);
    memory_.store(at + 8, rest >> 16 & 0x1ff);
    memory_.store(at + 12, std::uint16_t(rest));
    memory_.store(at + 14, std::uint16_t(rest >> 8));
  }
  /// What is not descriptors.
  void ring_word(std::uint16_t place, std::uint32_t value) {
    const Gpa start = ring_->layout().driver;
    memory_.store(start + place % (buffers_ - start), std::uint16_t(value));
  }

  std::uint64_t features_;
  TestMemory memory_{ram_bytes};
  std::optional<Ring> ring_;
  Gpa buffers_;
  Virtqueue queue_;
  Chain chain_;
  std::deque<ChainTicket> held_;
  bool last_is_held_ = false;  // nothing was pushed or put back since
};

template <class Ring>
void run(std::uint64_t features, std::uint16_t size, std::span<const std::uint8_t> input) {
  Trial<Ring> trial{features, size};
  for (; input.size() >= op_bytes; input = input.subspan(op_bytes))
    trial.step(input.first<op_bytes>());
}

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace takt::virtio;
  if (size < 2) return 0;
  std::uint64_t features = 0;
  if ((data[0] & 2) != 0) features |= feature::indirect_desc;
  if ((data[0] & 4) != 0) features |= feature::event_idx;
  const auto entries = static_cast<std::uint16_t>(1 + data[1] % 64);
  const std::span input{data + 2, size - 2};
  if ((data[0] & 1) != 0)
    run<fakes::TestPackedRing>(features, entries, input);
  else
    run<fakes::TestSplitRing>(features, std::bit_floor(entries), input);
  return 0;
}
