// SPDX-License-Identifier: Apache-2.0
// A network device whose queues the host's kernel serves. virtio 1.2, 5.1: one pair of split
// queues, mergeable receive buffers, checksums and segmentation as far as kernel and tap have them.
// There is no control queue: the kernel filters nothing, and the driver cannot change its mind
// about offloads.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "bus/vhost_port.h"
#include "virtio/model.h"

namespace takt::virtio {

class VhostNet final : public Model {
 public:
  struct State {
    bool running = false;
    std::uint64_t features = 0;                         // negotiated
    std::array<bool, VhostPort::queues> wanted{};       // shall be the kernel's
    std::array<bool, VhostPort::queues> with_kernel{};  // are
    std::array<std::uint16_t, VhostPort::queues> next{};  // request, when it is not
  };
  struct Counters {
    std::uint64_t refused = 0;        // by the kernel: features or queues
    std::uint64_t broken = 0;         // queues that the kernel gave up
    std::uint64_t relayed = 0;        // interrupts that did not go straight to the guest
    std::uint64_t config_writes = 0;  // there is nothing to write
  };

  /// `port` outlives it. A queue has `queue_size` entries, a power of two.
  VhostNet(VhostPort& port, const MacAddress& mac, std::uint16_t queue_size = 256);

  [[nodiscard]] const State& state() const RT { return s_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

  // Model
  [[nodiscard]] std::string_view name() const override { return "net"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 1; }
  [[nodiscard]] std::uint64_t features() const override { return offered_; }
  [[nodiscard]] std::uint64_t ring_features() const override { return port_.features(); }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override;
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void rest() RT override;
  void notified(unsigned queue) RT override;
  Worked work() RT override;

 private:
  void hand_over(unsigned queue) RT;
  void take_back(unsigned queue) RT;
  void give_up() RT;

  VhostPort& port_;
  const MacAddress mac_;
  const std::uint64_t offered_;
  const std::array<std::uint16_t, VhostPort::queues> sizes_;
  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;
  State s_;
  Counters counters_;
};

}  // namespace takt::virtio
