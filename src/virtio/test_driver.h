// SPDX-License-Identifier: Apache-2.0
// For tests and fuzzers of device models: a driver in small, without a transport. It has RAM, sets
// up the model's queues in the format of the template's argument, posts requests, and collects
// them.
//
//   using namespace takt::virtio::fakes;
//   template <class Format> class BlkTest : public testing::Test {};
//   TYPED_TEST_SUITE(BlkTest, testing::Types<Split, Packed>);  // each test for both formats
//
//   FakeStore store;
//   Blk blk{store};
//   TestDriver<Split> driver{blk};                      // or Packed
//   driver.start();                                     // all features; or start(features)
//   auto r = driver.post(0, {bytes_of(header)}, {512, 1});  // one readable, two writable buffers
//   driver.kick(0);                                     // notified(), if the model wanted it
//   driver.work();                                      // until nothing is left
//   auto done = driver.collect(0);                      // the next that came back, or nullopt
//   EXPECT_EQ(done->request, r); done->written; done->in[0] (512 bytes) ...
//   EXPECT_EQ(driver.interrupts().used[0], 1u);
//
// post_indirect() does the same by an indirect table. Buffers are in driver.memory(); their memory
// is used again when nothing is outstanding. For broken rings: ring(queue) has what a driver must
// not do, and memory().all() is all of RAM, for a fuzzer to scribble into. `raw_post()` takes
// addresses as they are.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "virtio/model.h"
#include "virtio/test_rings.h"

namespace takt::virtio::fakes {

struct Split {
  using Ring = TestSplitRing;
};
struct Packed {
  using Ring = TestPackedRing;
};

using Bytes = std::vector<std::byte>;

/// A structure as bytes.
template <class T>
  requires(std::is_trivially_copyable_v<T> && !std::is_convertible_v<const T&, std::string_view>)
[[nodiscard]] Bytes bytes_of(const T& value) {
  const auto bytes = std::as_bytes(std::span{&value, 1});
  return {bytes.begin(), bytes.end()};
}
/// The same for text, without a zero at its end.
[[nodiscard]] inline Bytes bytes_of(std::string_view text) {
  const auto bytes = std::as_bytes(std::span{text});
  return {bytes.begin(), bytes.end()};
}

struct RecordingInterrupts final : Interrupts {
  explicit RecordingInterrupts(std::size_t queues) : used(queues) {}
  void queue_used(unsigned queue) RT override { ++used.at(queue); }
  void config_changed() RT override { ++config; }
  void needs_reset() RT override { ++resets; }
  std::vector<unsigned> used;
  unsigned config = 0;
  unsigned resets = 0;
};

template <class Format>
class TestDriver {
 public:
  using Ring = typename Format::Ring;
  /// Of the rings, not of the model.
  static constexpr std::uint64_t ring_features = Ring::features | feature::version_1 |
                                                 feature::indirect_desc | feature::event_idx |
                                                 feature::ring_reset;

  explicit TestDriver(Model& model, std::size_t memory_bytes = 4 << 20)
      : model_{model},
        memory_{memory_bytes},
        interrupts_{model.queue_sizes().size()},
        queues_(model.queue_sizes().size()) {}

  /// All that is offered. Queues have their largest size, or `most_size`.
  void start() { start(model_.features() | ring_features); }
  void start(std::uint64_t features, std::uint16_t most_size = 64) {
    features_ = features | Ring::features;
    requests_.clear();
    rings_.clear();
    memory_.free_to(0);
    for (std::size_t i = 0; i < queues_.size(); ++i) {
      const std::uint16_t size = std::min(model_.queue_sizes()[i], most_size);
      rings_.emplace_back(memory_, size, features_);
      static_cast<void>(queues_[i].enable(memory_.guest(), rings_[i].layout(), features_));
    }
    mark_ = memory_.mark();
    model_.start(features_, queues_, interrupts_);
  }
  /// The model's stop(); true when it has stopped, and the queues are gone then.
  bool stop() {
    if (!model_.stop()) return false;
    for (Virtqueue& queue : queues_) queue.disable();
    return true;
  }

  /// A request's number, or nullopt when the ring or memory is full. `out` is what the device may
  /// read, one buffer each; `in` are the lengths of what it may write.
  std::optional<unsigned> post(unsigned queue, const std::vector<Bytes>& out,
                               const std::vector<std::uint32_t>& in = {}) {
    return add(queue, out, in, false);
  }
  std::optional<unsigned> post_indirect(unsigned queue, const std::vector<Bytes>& out,
                                        const std::vector<std::uint32_t>& in = {}) {
    return add(queue, out, in, true);
  }
  std::optional<unsigned> raw_post(unsigned queue, std::span<const Piece> pieces,
                                   bool indirect = false) {
    Ring& r = rings_.at(queue);
    const auto id = indirect ? r.post_indirect(pieces) : r.post(pieces);
    if (!id) return std::nullopt;
    requests_[{queue, *id}] = {next_request_, {pieces.begin(), pieces.end()}};
    return next_request_++;
  }

  /// Notifies the model unless it has said that it need not be. Whether it did.
  bool kick(unsigned queue) {
    if (!rings_.at(queue).kick_wanted()) return false;
    model_.notified(queue);
    return true;
  }
  /// The model's work() until it says that nothing is left, at most `turns` times.
  void work(unsigned turns = 1000) {
    while (turns-- > 0 && model_.work() == Worked::some) {
    }
  }
  /// kick() and work().
  void run(unsigned queue) {
    kick(queue);
    work();
  }

  struct Done {
    unsigned request = 0;
    std::uint32_t written = 0;
    std::vector<Bytes> in;  // the writable buffers, whole
    bool operator==(const Done&) const = default;
    /// The writable buffers as one.
    [[nodiscard]] Bytes joined() const {
      Bytes all;
      for (const Bytes& part : in) all.insert(all.end(), part.begin(), part.end());
      return all;
    }
  };
  /// The next used request of `queue`.
  std::optional<Done> collect(unsigned queue) {
    const auto used = rings_.at(queue).used();
    if (!used) return std::nullopt;
    const auto found = requests_.find({queue, used->id});
    if (found == requests_.end()) return std::nullopt;
    Done done{found->second.number, used->len, {}};
    for (const Piece& piece : found->second.pieces) {
      if (!piece.writable) continue;
      const auto bytes = memory_.at(piece.addr, piece.len);
      done.in.emplace_back(bytes.begin(), bytes.end());
    }
    requests_.erase(found);
    if (requests_.empty()) memory_.free_to(mark_);
    return done;
  }

  [[nodiscard]] TestMemory& memory() { return memory_; }
  [[nodiscard]] Ring& ring(unsigned queue) { return rings_.at(queue); }
  [[nodiscard]] Virtqueue& queue(unsigned queue) { return queues_.at(queue); }
  [[nodiscard]] std::span<Virtqueue> queues() { return queues_; }
  [[nodiscard]] RecordingInterrupts& interrupts() { return interrupts_; }
  [[nodiscard]] std::size_t outstanding() const { return requests_.size(); }

 private:
  struct Request {
    unsigned number = 0;
    std::vector<Piece> pieces;
  };

  std::optional<unsigned> add(unsigned queue, const std::vector<Bytes>& out,
                              const std::vector<std::uint32_t>& in, bool indirect) {
    std::size_t bytes = 16 * (out.size() + in.size() + 1);
    for (const Bytes& data : out) bytes += data.size() + 16;
    for (const std::uint32_t len : in) bytes += len + std::size_t{16};
    if (!memory_.has_room(bytes)) return std::nullopt;
    std::vector<Piece> pieces;
    for (const Bytes& data : out) {
      const Gpa at = memory_.alloc(data.size());
      std::ranges::copy(data, memory_.at(at, data.size()).begin());
      pieces.push_back({at, static_cast<std::uint32_t>(data.size()), false});
    }
    for (const std::uint32_t len : in) pieces.push_back({memory_.alloc(len), len, true});
    return raw_post(queue, pieces, indirect);
  }

  Model& model_;
  TestMemory memory_;
  RecordingInterrupts interrupts_;
  std::vector<Virtqueue> queues_;
  std::deque<Ring> rings_;
  std::uint64_t features_ = 0;
  std::size_t mark_ = 0;
  unsigned next_request_ = 0;
  std::map<std::pair<unsigned, std::uint16_t>, Request> requests_;
};

}  // namespace takt::virtio::fakes
