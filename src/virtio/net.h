// SPDX-License-Identifier: Apache-2.0
// A network device. virtio 1.2, 5.1: mergeable receive buffers, checksums and segmentation as far
// as its ports have them, filters, several queue pairs, guest offloads, MTU, link status. Not
// modelled: RSS and hash reports, announcements, coalescing, legacy drivers.
//
// Each queue pair sends to a port of its own. Frames from the ports of pairs that the driver does
// not use come in by those that it does: port p by queue p modulo their number.
//
// One turn: 64 frames or 256 KiB in all, in batches of 8 for one queue and direction after the
// other; what was used is told to the driver at the end of each batch.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "bus/frame_port.h"
#include "virtio/model.h"
#include "virtio/net_commands.h"
#include "virtio/net_rx.h"
#include "virtio/net_tx.h"
#include "virtio/net_wire.h"

namespace takt::virtio {

struct NetOptions {
  MacAddress mac{};
  /// 68..65535: offered, and longer frames are dropped. Without it the device does not care.
  std::optional<std::uint16_t> mtu = {};
  std::uint32_t speed_mbps = NetConfig::speed_unknown;
  /// Of a receive or transmit queue; a power of two. With fewer than 256 drivers may have too few
  /// buffers for frames of 64 KiB.
  std::uint16_t queue_size = 256;
};

class Net final : public Model {
 public:
  static constexpr std::size_t most_pairs = 16;

  struct State {
    std::uint64_t features = 0;  // negotiated
    bool running = false;
    std::size_t pairs = 1;  // in use
    MacAddress mac{};
    bool link = true;  // as the driver was told
  };
  struct Counters {
    std::uint64_t config_writes = 0;  // there is nothing to write
  };

  /// 1..most_pairs ports, one for each queue pair; they and `bell`, the server's, outlive it.
  Net(std::span<FramePort* const> ports, const NetOptions& options, Bell& bell);

  /// Whether the cable is in: the driver is told, and without it frames are dropped in both
  /// directions. Any thread.
  void set_link(bool up) RT;

  [[nodiscard]] const State& state() const RT { return s_; }
  [[nodiscard]] const NetFilter& filter() const RT { return shared_.filter; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }
  [[nodiscard]] const NetControlQueue& control() const RT { return control_; }
  [[nodiscard]] const NetReceiver::Counters& receiver(std::size_t pair) const RT {
    return receivers_[pair].counters();
  }
  [[nodiscard]] const NetSender::Counters& sender(std::size_t pair) const RT {
    return senders_[pair].counters();
  }
  /// From the first frame of a batch found at the port to the driver interrupted or, when it polls,
  /// its frames published; cycles.
  [[nodiscard]] const Histogram& receive_times() const { return shared_.receive_times; }
  /// From the driver's notification to the frame handed over, for each frame; cycles. What was
  /// found without one is measured from when it was found.
  [[nodiscard]] const Histogram& send_times() const { return shared_.send_times; }

  // Model
  [[nodiscard]] std::string_view name() const override { return "net"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 1; }
  [[nodiscard]] std::uint64_t features() const override { return offered_; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override;
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned queue) RT override;
  Worked work() RT override;

 private:
  [[nodiscard]] bool has(std::uint64_t bit) const RT { return (s_.features & bit) != 0; }
  [[nodiscard]] unsigned control_index() const RT;
  void start_queue(unsigned queue) RT;
  void share_features() RT;
  void set_pairs(std::size_t pairs) RT;
  void set_driver_work(std::uint64_t bits) RT;
  void see_link() RT;
  [[nodiscard]] Batch round(NetBudget& budget) RT;
  [[nodiscard]] bool sleep() RT;

  // net_control.cpp
  [[nodiscard]] bool command(NetCommand command, const Chain& chain) RT;
  [[nodiscard]] bool rx_command(std::uint8_t command, const Chain& chain) RT;
  [[nodiscard]] bool mac_command(std::uint8_t command, const Chain& chain) RT;
  [[nodiscard]] bool set_mac_tables(const Chain& chain) RT;
  [[nodiscard]] bool vlan_command(std::uint8_t command, const Chain& chain) RT;
  [[nodiscard]] bool mq_command(NetCommand command, const Chain& chain) RT;
  [[nodiscard]] bool offloads_command(std::uint8_t command, const Chain& chain) RT;

  const std::vector<FramePort*> ports_;
  const NetOptions options_;
  const std::uint64_t offered_;
  Bell& bell_;
  std::vector<std::uint16_t> sizes_;
  State s_;
  NetShared shared_;
  std::deque<NetReceiver> receivers_;  // they stay where they are
  std::deque<NetSender> senders_;
  std::span<Virtqueue> queues_;
  NetControlQueue control_;
  std::size_t next_pair_ = 0;
  std::atomic<bool> link_ = true;  // as it shall be
  Counters counters_;
};

}  // namespace takt::virtio
