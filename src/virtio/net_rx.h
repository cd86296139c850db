// SPDX-License-Identifier: Apache-2.0
// One receive queue of a network device: frames go from its ports straight into the driver's
// buffers. virtio 1.2, 5.1.6.3 and 5.1.6.4.
//
// How long a frame is, is known when it has been read. Behind the driver's buffers there is
// therefore a buffer of the device's own, `spill`, and a frame that runs over into it is copied
// from there; if the driver has to offer more buffers for it first, the frame waits, and is not
// lost. So most frames cost one buffer taken and one system call with two pieces or three; after a
// long one, as many buffers are kept ready as the longest needs, and nothing is copied.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/histogram.h"
#include "bus/frame_port.h"
#include "virtio/model.h"
#include "virtio/net_filter.h"
#include "virtio/net_rx_buffers.h"
#include "virtio/net_turn.h"

namespace takt::virtio {

class NetReceiver {
 public:
  /// Of a port's receive(): the spill is the last one.
  static constexpr std::size_t most_pieces = 63;
  static constexpr unsigned frames_in_a_batch = 8;

  /// What was lost, and why. Never read by the device.
  struct Counters {
    std::uint64_t frames = 0;    // given to the driver
    std::uint64_t filtered = 0;  // not for this station
    std::uint64_t link_down = 0;
    std::uint64_t no_room = 0;      // longer than the driver's buffers can be
    std::uint64_t too_long = 0;     // than the MTU, when that was negotiated, or than any frame
    std::uint64_t malformed = 0;    // shorter than an Ethernet header
    std::uint64_t undone = 0;       // with more left undone than the driver takes
    std::uint64_t bad_buffers = 0;  // without room for a header
  };

  NetReceiver(std::span<FramePort* const> ports, NetShared& shared)
      : ports_{ports}, shared_{shared}, spill_(largest_frame) {}

  void start(Virtqueue& queue, unsigned index) RT;
  void stop() RT;
  [[nodiscard]] bool live() const RT { return queue_ != nullptr; }
  /// Its ports are now those with the numbers first, first + step, ...
  void set_ports(std::size_t first, std::size_t step) RT;
  /// None: their frames stay where they are.
  void leave_ports() RT;

  [[nodiscard]] Batch batch(NetBudget& budget) RT;
  /// True when there is more after all.
  [[nodiscard]] bool sleep() RT;

  [[nodiscard]] const Counters& counters() const RT { return counters_; }

 private:
  enum class Step : std::uint8_t { frame, nothing, starved };
  /// A frame that was read: the first `in_buffers` bytes are in buffers_, the rest in spill_.
  struct Frame {
    FrameHeader header;
    std::size_t bytes = 0;
    std::size_t in_buffers = 0;
  };

  [[nodiscard]] Step step(NetBudget& budget) RT;
  [[nodiscard]] bool gather(std::uint64_t bytes, NetBudget& budget) RT;
  [[nodiscard]] bool receive() RT;
  [[nodiscard]] std::optional<FramePort::Received> receive_from_any(
      std::span<const iovec> pieces) RT;
  [[nodiscard]] bool wanted(const FramePort::Received& got) RT;
  [[nodiscard]] std::size_t longest(const FrameHeader& header) const RT;
  [[nodiscard]] bool passes_filter(std::size_t in_buffers, std::size_t bytes) RT;
  [[nodiscard]] Step deliver(NetBudget& budget) RT;
  [[nodiscard]] bool can_never_fit() const RT;
  [[nodiscard]] bool starved() const RT;
  [[nodiscard]] bool works() const RT { return live() && !broken_ && port_step_ != 0; }
  void signal() RT;
  void want_receive(bool want) RT;

  std::span<FramePort* const> ports_;
  NetShared& shared_;
  std::vector<std::byte> spill_;
  std::size_t first_port_ = 0;
  std::size_t port_step_ = 0;  // 0: none
  std::size_t next_port_ = 0;
  Virtqueue* queue_ = nullptr;  // when live
  unsigned index_ = 0;
  NetRxBuffers buffers_;
  std::optional<Frame> frame_;
  unsigned long_left_ = 0;  // frames for which the longest is expected
  bool broken_ = false;
  bool armed_ = false;  // the driver notifies, and nothing was taken since that was asked for
  bool quiet_ = false;  // the driver was told not to notify
  bool pushed_ = false;
  std::uint64_t noticed_ = 0;  // cycles(), the first frame of the batch
  Counters counters_;
};

}  // namespace takt::virtio
