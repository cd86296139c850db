// SPDX-License-Identifier: Apache-2.0
// What the fuzzers of the transports share: a loopback model whose requests are kept under way at
// times, RAM that is scribbled into, and what must hold after each step.
#pragma once

#include <cstring>
#include <span>

#include "bus/test_models.h"
#include "virtio/core.h"
#include "virtio/test_fuzz_input.h"
#include "virtio/test_loopback.h"
#include "virtio/test_rings.h"

namespace takt::virtio::fakes {

/// One step of a fuzzer's input.
struct Op {
  static constexpr std::size_t bytes = 8;
  explicit Op(std::span<const std::uint8_t, bytes> from) : kind{from[0]}, small{from[1]} {
    std::memcpy(&place, &from[2], sizeof place);
    std::memcpy(&value, &from[4], sizeof value);
  }
  std::uint8_t kind;
  std::uint8_t small;
  std::uint16_t place = 0;
  std::uint32_t value = 0;
  [[nodiscard]] Width width() const { return static_cast<Width>(1 << (small & 3)); }
};

/// Guest RAM and model, with rings where the driver of the trial puts them.
struct TrialParts {
  static constexpr std::size_t ram_bytes = 16 << 10;

  /// A store anywhere, most of them into rings.
  void scribble(const Op& op) {
    const Gpa at = TestMemory::start + op.place % (ram_bytes - 4);
    if ((op.small & 1) != 0)
      memory.store(at, op.value);
    else
      memory.store(at, static_cast<std::uint16_t>(op.value));
  }
  void post(const Op& op) {
    const Piece pieces[] = {{buffers + (op.value & 0xff), op.place & 0x7fu, false},
                            {buffers + (op.value >> 8 & 0xff), op.value >> 16 & 0x7f, true}};
    const unsigned queue = op.small & 1;
    if (packed)
      packed_rings[queue].post(pieces);
    else
      split_rings[queue].post(pieces);
  }
  void collect(const Op& op) {
    const unsigned queue = op.small & 1;
    if (packed)
      static_cast<void>(packed_rings[queue].used());
    else
      static_cast<void>(split_rings[queue].used());
  }
  /// What the model may do by itself.
  void signal(const Op& op) {
    if (model.irq == nullptr) return;
    if ((op.small & 1) != 0)
      model.irq->config_changed();
    else
      model.irq->needs_reset();
  }
  /// What the driver accepts.
  [[nodiscard]] static std::uint64_t features(const Op& op) {
    std::uint64_t features = feature::version_1 | feature::ring_reset;
    if ((op.small & 1) != 0) features |= feature::ring_packed;
    if ((op.small & 2) != 0) features |= feature::event_idx;
    if ((op.small & 4) != 0) features |= feature::indirect_desc;
    return features;
  }
  /// New rings, as a driver makes after a reset.
  void lay_out(std::uint64_t features) {
    memory.free_to(0);
    packed = (features & feature::ring_packed) != 0;
    for (TestSplitRing& ring : split_rings) ring = {memory, 8, features};
    memory.free_to(0);
    for (TestPackedRing& ring : packed_rings) ring = {memory, 8, features};
    buffers = Gpa{TestMemory::start.raw() + 0x1000};
    std::ranges::fill(memory.all(), std::byte{0});
  }
  [[nodiscard]] const QueueLayout& layout(unsigned queue) const {
    return packed ? packed_rings[queue].layout() : split_rings[queue].layout();
  }

  static void check(const Core& core) {
    const Core::State& s = core.state();
    const bool running = (s.status & status::driver_ok) != 0;
    require(!running || (s.status & status::features_ok) != 0);
    require((s.status & status::features_ok) == 0 || (s.driver_features & ~core.offered()) == 0);
    require(!s.resetting || running);
    for (unsigned i = 0; i < core.queues(); ++i) {
      const Core::Queue& queue = s.queues[i];
      require(!queue.resetting || queue.enabled);
      require(!queue.enabled || (s.status & status::features_ok) != 0);
      require(queue.size != 0 && queue.size <= core.model().queue_sizes()[i]);
    }
  }

  TestMemory memory{ram_bytes};
  Loopback model;
  CountingBell bell;
  std::array<TestSplitRing, 2> split_rings{{{memory, 8, 0}, {memory, 8, 0}}};
  std::array<TestPackedRing, 2> packed_rings{{{memory, 8, 0}, {memory, 8, 0}}};
  Gpa buffers{TestMemory::start.raw() + 0x1000};
  bool packed = false;
};

/// A fuzzer's body: step by step.
template <class Trial>
int run_ops(std::span<const std::uint8_t> input) {
  Trial trial;
  for (; input.size() >= Op::bytes; input = input.subspan(Op::bytes)) {
    trial.step(Op{input.first<Op::bytes>()});
    trial.check();
  }
  return 0;
}

}  // namespace takt::virtio::fakes
