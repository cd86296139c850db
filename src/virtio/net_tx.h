// SPDX-License-Identifier: Apache-2.0
// One transmit queue of a network device: frames go from the driver's memory to a port, without a
// copy unless they have more pieces than a port takes. virtio 1.2, 5.1.6.2.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "virtio/net_turn.h"
#include "virtio/virtqueue.h"

namespace takt::virtio {

class NetSender {
 public:
  static constexpr std::size_t most_pieces = 64;        // of FramePort::send()
  static constexpr std::size_t most_bytes = 64 * 1024;  // of a frame
  static constexpr unsigned frames_in_a_batch = 8;

  struct Counters {
    std::uint64_t frames = 0;      // taken by the port
    std::uint64_t link_down = 0;   // dropped, as are the rest
    std::uint64_t malformed = 0;   // shorter than the headers, or longer than a frame can be
    std::uint64_t bad_header = 0;  // asks for what was not negotiated, or makes no sense
    std::uint64_t waits = 0;       // the port was full
  };

  NetSender(FramePort& port, NetShared& shared)
      : port_{port}, shared_{shared}, gathered_(most_bytes) {}

  void start(Virtqueue& queue, unsigned index) RT;
  void stop() RT;
  /// Until the next batch: the port does not wake the server.
  void rest() RT { set_blocked(false); }
  [[nodiscard]] bool live() const RT { return queue_ != nullptr; }
  /// The driver has told of a frame.
  void notified() RT;

  [[nodiscard]] Batch batch(NetBudget& budget) RT;
  /// True when there is more after all.
  [[nodiscard]] bool sleep() RT;
  /// A turn has ended: what comes later was not told of by the last notification.
  void end_turn() RT { notified_at_ = 0; }

  [[nodiscard]] const Counters& counters() const RT { return counters_; }

 private:
  enum class Step : std::uint8_t { frame, nothing };
  using Pieces = std::array<iovec, most_pieces>;

  [[nodiscard]] Step step(NetBudget& budget) RT;
  [[nodiscard]] Step give_back(NetBudget& budget, std::size_t bytes, std::uint64_t& counter) RT;
  [[nodiscard]] std::span<const iovec> frame_of(const Chain& chain, Pieces& pieces) RT;
  void set_blocked(bool blocked) RT;
  void signal() RT;

  FramePort& port_;
  NetShared& shared_;
  std::vector<std::byte> gathered_;  // the end of a frame of many pieces
  Virtqueue* queue_ = nullptr;       // when live
  unsigned index_ = 0;
  bool broken_ = false;
  bool blocked_ = false;  // the port is full
  bool armed_ = false;    // the driver notifies, and nothing was taken since that was asked for
  bool pushed_ = false;
  std::uint64_t notified_at_ = 0;  // cycles()
  std::uint64_t since_ = 0;        // what the frames of this batch are measured from
  Counters counters_;
};

}  // namespace takt::virtio
