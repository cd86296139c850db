// SPDX-License-Identifier: Apache-2.0
// Driver and device are two threads that sleep when they have nothing to do: neither a notification
// nor an interrupt that is needed may be missing.
#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "virtio/test_driver.h"

namespace takt::virtio {
namespace {

using fakes::Piece;
using fakes::TestMemory;

/// A sleep that ends when the other side rings, or after ten seconds, which is a failure.
class Wake {
 public:
  void ring() { rings_.fetch_add(1); }
  [[nodiscard]] unsigned seen() const { return rings_.load(); }
  [[nodiscard]] bool wait(unsigned seen) const {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{10};
    while (rings_.load() == seen) {
      if (std::chrono::steady_clock::now() > until) return false;
      std::this_thread::yield();
    }
    return true;
  }

 private:
  std::atomic<unsigned> rings_ = 0;
};

/// Takes a little time, another one each time, or lets the other side run where CPUs are few: so
/// that the two meet in all places.
class Jitter {
 public:
  explicit Jitter(std::uint32_t seed) : state_{seed} {}
  void operator()() {
    state_ = state_ * 1664525 + 1013904223;
    if ((state_ >> 16 & 15) == 0) return std::this_thread::yield();
    for (std::uint32_t i = state_ >> 24; i > 0; --i)
      std::atomic_signal_fence(std::memory_order_seq_cst);
  }

 private:
  std::uint32_t state_;
};

template <class Format>
class VirtqueueThreadsTest : public testing::Test {
 protected:
  static constexpr unsigned chains = 30'000;

  void device() {
    Chain chain;
    Jitter jitter{1};
    for (unsigned done = 0; done < chains;) {
      const unsigned seen = kick.seen();
      queue.disable_kicks();
      for (; queue.pop(chain) == Pop::chain; ++done) queue.push(chain, done);
      jitter();
      if (queue.needs_interrupt()) irq.ring();
      jitter();
      if (done == chains || queue.broken() || queue.enable_kicks()) continue;
      if (!kick.wait(seen)) return missed.store(true);
    }
  }
  void driver() {
    Jitter jitter{2};
    unsigned posted = 0;
    for (unsigned done = 0; done < chains && !missed;) {
      const unsigned seen = irq.seen();
      jitter();
      for (const Piece piece{buffer, 16, true}; posted < chains && ring->room() > 0; ++posted)
        ring->post({&piece, 1});
      if (ring->kick_wanted()) kick.ring();
      const unsigned before = done;
      while (const auto used = ring->used()) {
        ASSERT_EQ(used->len, done);
        ++done;
      }
      if (done != before) continue;
      jitter();
      ring->want_interrupts(true);
      if (const auto used = ring->used()) {
        ASSERT_EQ(used->len, done);
        ++done;
        continue;
      }
      ASSERT_TRUE(irq.wait(seen)) << "an interrupt is missing after " << done;
    }
  }
  void run(std::uint64_t features) {
    features |= Format::Ring::features;
    ring.emplace(memory, std::uint16_t{4}, features);
    ASSERT_TRUE(queue.enable(memory.guest(), ring->layout(), features));
    buffer = memory.alloc(16);
    std::thread server{[this] { device(); }};
    driver();
    server.join();
    EXPECT_FALSE(missed) << "a notification is missing";
    EXPECT_FALSE(queue.broken());
  }

  TestMemory memory{1 << 16};
  std::optional<typename Format::Ring> ring;
  Gpa buffer;
  Virtqueue queue;
  Wake kick;
  Wake irq;
  std::atomic<bool> missed = false;
};
using Formats = testing::Types<fakes::Split, fakes::Packed>;
TYPED_TEST_SUITE(VirtqueueThreadsTest, Formats);

TYPED_TEST(VirtqueueThreadsTest, NothingIsMissedByFlags) { this->run(0); }

TYPED_TEST(VirtqueueThreadsTest, NothingIsMissedByTheEventIndex) { this->run(feature::event_idx); }

}  // namespace
}  // namespace takt::virtio
