// SPDX-License-Identifier: Apache-2.0
// The host side of a socket device, as its model sees it: byte streams by number, none of which
// blocks. What host and guest agree on beside bytes (ports, credit) is the model's business.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/rt.h"

namespace takt {

/// Used by one thread at a time: the device's server, or who holds the device's lock.
class VsockBackend {
 public:
  using Stream = std::uint16_t;

  struct Event {
    Stream stream = 0;
    bool incoming = false;   // the host wants to be connected with the guest's `port`: accept(), or
    std::uint32_t port = 0;  // close(). Nothing is sent or received before.
    bool hung_up = false;    // the host takes no more; there may be something to receive yet
  };
  struct Sent {
    std::size_t bytes = 0;  // from the front
    bool gone = false;      // the host takes no more, ever
  };
  struct Received {
    std::size_t bytes = 0;
    bool ended = false;  // there is no more, ever; bytes is 0 then
  };

  virtual ~VsockBackend() = default;
  /// Streams that may be open at once; their numbers are below it.
  [[nodiscard]] virtual std::uint16_t streams() const RT = 0;

  /// The guest wants to be connected with the host's `port`. Nothing: it is refused.
  [[nodiscard]] virtual std::optional<Stream> connect(std::uint32_t port) RT = 0;
  /// The guest has accepted an incoming one, for which `local_port` is the host's.
  virtual void accept(Stream stream, std::uint32_t local_port) RT = 0;

  /// Fewer bytes than there are: an event comes when there is room again.
  [[nodiscard]] virtual Sent send(Stream stream, std::span<const iovec> pieces) RT = 0;
  /// No byte and no end: an event comes when there is something, and not before.
  [[nodiscard]] virtual Received receive(Stream stream, std::span<const iovec> pieces) RT = 0;
  /// The guest sends no more; it still receives.
  virtual void finish_sending(Stream stream) RT = 0;
  /// The number is free again; what was sent still arrives.
  virtual void close(Stream stream) RT = 0;

  /// What happened to a stream since its last event: it may be looked at again. Comes more often
  /// than something has happened. The device's bell is rung when there is one.
  [[nodiscard]] virtual std::optional<Event> next_event() RT = 0;
};

}  // namespace takt
