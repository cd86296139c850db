// SPDX-License-Identifier: Apache-2.0
// One direction of a byte stream between takt and the outside, as a device server may meet it: it
// can be watched, and does not block. A file is met by a thread of its own (pump.h).
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "host/event_loop.h"
#include "host/pump.h"

namespace takt {

class Stream {
 public:
  /// `fd` stays the caller's; -1 is nowhere, and so is /dev/null. `ready` is called on the server's
  /// thread, when it is wanted.
  static Result<Stream> create(int fd, Direction direction, EventLoop& loop, DeviceId device,
                               EventLoop::Handler ready);
  /// Starts the thread that a file needs, under `name`. Nothing to do for anything else.
  Result<> start(const std::string& name);

  /// To read or write at; -1 for nowhere.
  [[nodiscard]] int fd() const RT { return pump_ ? pump_->end().raw() : fd_.raw(); }
  /// Whether to be called when there is something to read, or room to write. The server's thread.
  void want(bool wanted) RT {
    if (watch_ != nullptr) watch_->want(wanted ? events_ : 0);
  }

  /// The thread, where there is one.
  [[nodiscard]] const Pump* pump() const { return pump_.get(); }
  /// At the end: what was written reaches the file, if it takes no more than `most_ms`. Blocks.
  void finish(int most_ms) {
    if (pump_) pump_->finish(most_ms);
  }

 private:
  Fd fd_;
  std::unique_ptr<Pump> pump_;  // instead of fd_
  EventLoop::Watch* watch_ = nullptr;
  std::uint32_t events_ = 0;
};

}  // namespace takt
