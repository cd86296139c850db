// SPDX-License-Identifier: Apache-2.0
// What the queues of a network device share, and how much they do in one turn of its server.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/histogram.h"
#include "bus/frame_port.h"
#include "virtio/chain.h"
#include "virtio/model.h"
#include "virtio/net_filter.h"

namespace takt::virtio {

/// Of a turn: 64 frames or 256 KiB, all queues together. What is not a frame costs as one does.
struct NetBudget {
  unsigned frames = 64;
  std::uint32_t bytes = 256 * 1024;

  [[nodiscard]] bool left() const RT { return frames != 0 && bytes != 0; }
  void spend(std::size_t n) RT {
    if (frames != 0) --frames;
    bytes -= n < bytes ? static_cast<std::uint32_t>(n) : bytes;
  }
};

/// What a queue's batch has left.
struct Batch {
  bool did = false;   // something
  bool more = false;  // it ended because it was long enough
};

struct NetShared {
  bool link = true;
  bool mergeable = false;
  std::uint16_t mtu = 0;        // 0: was not negotiated
  std::size_t usual_bytes = 0;  // what most frames are not longer than
  FrameOffloads device_work;    // what frames that are sent may leave undone
  FrameOffloads driver_work;    // and frames that are received
  NetFilter filter;
  Interrupts* interrupts = nullptr;
  Chain chain;  // scratch
  Histogram receive_times;
  Histogram send_times;
};

}  // namespace takt::virtio
