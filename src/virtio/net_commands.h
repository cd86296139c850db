// SPDX-License-Identifier: Apache-2.0
// The control queue of a network device, and what its commands carry. virtio 1.2, 5.1.6.5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "virtio/model.h"
#include "virtio/net_turn.h"
#include "virtio/net_wire.h"

namespace takt::virtio {

struct NetCommand {
  static constexpr std::uint64_t bytes = 2;  // what it carries stands behind them
  std::uint8_t of_class = 0;
  std::uint8_t code = 0;
};

/// What stands `at` bytes from the beginning of a command, when all of a T is there.
template <class T>
[[nodiscard]] std::optional<T> command_data(const Chain& chain,
                                            std::uint64_t at = NetCommand::bytes) RT {
  T value{};
  const std::size_t got = chain.read(at, std::as_writable_bytes(std::span{&value, 1}));
  return got == sizeof value ? std::optional{value} : std::nullopt;
}

/// 5.1.6.5.5: the number of queue pairs that the driver uses from now on, 1..`most`.
[[nodiscard]] inline std::optional<std::uint16_t> pairs_wanted(NetCommand command,
                                                               const Chain& chain,
                                                               std::size_t most) RT {
  const auto pairs = command_data<std::uint16_t>(chain);
  if (command.code != net_command::vq_pairs_set || !pairs) return std::nullopt;
  return *pairs == 0 || *pairs > most ? std::nullopt : pairs;
}

class NetControlQueue {
 public:
  static constexpr std::uint16_t size = 64;
  static constexpr unsigned commands_in_a_turn = 8;

  struct Counters {
    std::uint64_t commands = 0;
    std::uint64_t refused = 0;  // answered by VIRTIO_NET_ERR
  };

  /// 5.1.2: it comes after the queues of all pairs, without MQ after those of the first.
  [[nodiscard]] static unsigned index(std::uint64_t features, std::size_t pairs) RT {
    return (features & net_feature::mq) != 0 ? static_cast<unsigned>(2 * pairs) : 2;
  }

  void start(Virtqueue& queue, unsigned index) RT {
    queue_ = &queue;
    index_ = index;
    armed_ = broken_ = false;
  }
  void stop() RT { queue_ = nullptr; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

  /// Calls `done(command, chain)` for what is there, a turn's worth: whether it was done. `chain`
  /// is scratch.
  template <class Done>
  Batch turn(Chain& chain, Interrupts& interrupts, NetBudget& budget, Done&& done) RT {
    unsigned count = 0;
    while (queue_ != nullptr && !broken_ && count < commands_in_a_turn && pop(chain, interrupts)) {
      ++count;
      budget.spend(chain.readable_bytes());
      const auto command = command_data<NetCommand>(chain, 0);
      answer(chain, command && done(*command, chain));
    }
    if (count != 0 && queue_->needs_interrupt()) interrupts.queue_used(index_);
    return {.did = count != 0, .more = count == commands_in_a_turn};
  }

  /// The driver is to notify; true when there is something already.
  [[nodiscard]] bool sleep() RT {
    if (queue_ == nullptr || broken_ || armed_) return false;
    armed_ = true;
    return queue_->enable_kicks();
  }

 private:
  [[nodiscard]] bool pop(Chain& chain, Interrupts& interrupts) RT {
    const Pop popped = queue_->pop(chain);
    if (popped == Pop::broken) {
      broken_ = true;
      interrupts.needs_reset();
    }
    if (popped == Pop::chain) armed_ = false;
    return popped == Pop::chain;
  }
  void answer(const Chain& chain, bool done) RT {
    ++counters_.commands;
    if (!done) ++counters_.refused;
    const std::byte ack{done ? net_command::ok : net_command::error};
    const std::size_t written = chain.write(0, {&ack, 1});
    queue_->push(chain, static_cast<std::uint32_t>(written));
  }

  Virtqueue* queue_ = nullptr;  // when live
  unsigned index_ = 0;
  bool armed_ = false;
  bool broken_ = false;
  Counters counters_;
};

}  // namespace takt::virtio
