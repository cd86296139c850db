// SPDX-License-Identifier: Apache-2.0
// A network card's way out whose pair of queues the host's kernel serves itself (vhost-net): frames
// go between the guest's memory and the host's network without takt. The model is left with the
// configuration, and with starting and stopping. A card with several pairs has a port for each.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/rt.h"
#include "bus/frame_port.h"

namespace takt {

/// A split virtqueue, mapped.
struct VhostRing {
  std::uint16_t size = 0;
  std::uint16_t next = 0;  // the first request's index
  std::byte* desc = nullptr;
  std::byte* avail = nullptr;
  std::byte* used = nullptr;
  /// An eventfd that the kernel signals when the driver is to be interrupted; -1: take_used()
  /// tells.
  int interrupt = -1;
};

/// Used by one thread at a time, the device's server or who holds the device's lock. start(),
/// stop() and set_features() wait for the kernel's worker to finish the batch that it is at.
class VhostPort {
 public:
  static constexpr unsigned queues = 2;  // 0 receives, 1 sends

  virtual ~VhostPort() = default;

  /// The feature bits of virtio that the kernel has for its part: of rings, and MRG_RXBUF.
  [[nodiscard]] virtual std::uint64_t features() const RT = 0;
  /// As of FramePort.
  [[nodiscard]] virtual FrameOffloads send_offloads() const RT = 0;
  [[nodiscard]] virtual FrameOffloads receive_offloads() const RT = 0;
  virtual void set_receive_offloads(const FrameOffloads& offloads) RT = 0;
  /// Whether frames come in by this pair, too: soon. They do at first. Of several ports.
  virtual void set_in_use(bool used) RT = 0;

  /// Before queues start: what was negotiated, of which the kernel is told its part. False:
  /// refused.
  [[nodiscard]] virtual bool set_features(std::uint64_t negotiated) RT = 0;
  /// The queue is the kernel's. False: refused, and it is not.
  [[nodiscard]] virtual bool start(unsigned queue, const VhostRing& ring) RT = 0;
  /// The kernel does not touch the queue any more. Returns the index of the request at which to go
  /// on: those before it are used.
  virtual std::uint16_t stop(unsigned queue) RT = 0;
  /// The driver has notified `queue`, and the kernel was not told by an ioeventfd.
  virtual void kick(unsigned queue) RT = 0;

  /// Whether the driver is to be interrupted for `queue`, since the last call.
  [[nodiscard]] virtual bool take_used(unsigned queue) RT = 0;
  /// Whether the kernel has found `queue` to make no sense, since the last call.
  [[nodiscard]] virtual bool take_broken(unsigned queue) RT = 0;
};

}  // namespace takt
