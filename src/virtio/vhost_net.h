// SPDX-License-Identifier: Apache-2.0
// A network device whose queues the host's kernel serves. virtio 1.2, 5.1: pairs of split queues,
// mergeable receive buffers, checksums and segmentation as far as kernel and tap have them. With
// several pairs there is a control queue, which is ours, for their number and nothing else: the
// kernel filters nothing, and the driver cannot change its mind about offloads.
//
// A pair that the driver does not use is not the kernel's, and the host's frames do not come by it.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "bus/vhost_port.h"
#include "virtio/model.h"
#include "virtio/net_commands.h"

namespace takt::virtio {

class VhostNet final : public Model {
 public:
  static constexpr std::size_t most_pairs = 16;

  /// A queue of frames.
  struct Queue {
    bool enabled = false;      // by the driver
    bool with_kernel = false;  // shall be while it is enabled and its pair in use
    std::uint16_t next = 0;    // request, when it is not
  };
  struct State {
    bool running = false;
    std::uint64_t features = 0;  // negotiated
    std::size_t pairs = 1;       // in use
    std::array<Queue, most_pairs * VhostPort::queues> queues{};
  };
  struct Counters {
    std::uint64_t refused = 0;        // by the kernel: features or queues
    std::uint64_t broken = 0;         // queues that the kernel gave up
    std::uint64_t relayed = 0;        // interrupts that did not go straight to the guest
    std::uint64_t config_writes = 0;  // there is nothing to write
  };

  /// 1..most_pairs ports of one interface, one for each queue pair, which outlive it. A queue has
  /// `queue_size` entries, a power of two.
  VhostNet(std::span<VhostPort* const> ports, const MacAddress& mac,
           std::uint16_t queue_size = 256);

  [[nodiscard]] const State& state() const RT { return s_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

  // Model
  [[nodiscard]] std::string_view name() const override { return "net"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 1; }
  [[nodiscard]] std::uint64_t features() const override { return offered_; }
  /// Not CTRL_VQ without MQ: the control queue would stand where the kernel gets the notifications,
  /// and have no command.
  [[nodiscard]] bool accepts(std::uint64_t features) const RT override;
  [[nodiscard]] std::uint64_t ring_features() const override { return ports_.front()->features(); }
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
  [[nodiscard]] VhostPort& port_of(unsigned queue) const RT {
    return *ports_[queue / VhostPort::queues];
  }
  [[nodiscard]] unsigned frame_queues() const RT;
  [[nodiscard]] bool is_control(unsigned queue) const RT { return queue == frame_queues(); }
  [[nodiscard]] bool any_with_kernel() const RT;
  void set_pairs(std::size_t pairs) RT;
  void settle(unsigned queue) RT;
  void hand_over(unsigned queue) RT;
  void take_back(unsigned queue) RT;
  void take_all_back() RT;
  void look_after(unsigned queue) RT;
  void give_up() RT;
  [[nodiscard]] bool command(NetCommand command, const Chain& chain) RT;

  const std::vector<VhostPort*> ports_;
  const MacAddress mac_;
  const std::uint64_t offered_;
  std::vector<std::uint16_t> sizes_;
  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;
  NetControlQueue control_;
  Chain chain_;  // scratch
  State s_;
  Counters counters_;
};

}  // namespace takt::virtio
