// SPDX-License-Identifier: Apache-2.0
// A delayed interrupt: a timer that each event starts anew, and an absolute one that bounds how
// long that may go on. Receive: RDTR and RADV (317453, 13.4.30, 13.4.31); transmit: TIDV and TADV
// (13.4.41, 13.4.44).
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "base/rt.h"

namespace takt::e1000 {

class InterruptDelay {
 public:
  /// An event at `now_ns`. `absolute_ns` is 0 when there is no bound.
  void event(std::int64_t now_ns, std::int64_t delay_ns, std::int64_t absolute_ns) RT {
    if (!running_) first_ns_ = now_ns;
    running_ = true;
    due_ns_ = now_ns + delay_ns;
    if (absolute_ns != 0) due_ns_ = std::min(due_ns_, first_ns_ + absolute_ns);
  }
  void cancel() RT { running_ = false; }
  [[nodiscard]] bool running() const RT { return running_; }
  [[nodiscard]] std::optional<std::int64_t> due_ns() const RT {
    return running_ ? std::optional{due_ns_} : std::nullopt;
  }
  /// Whether it has run out, which ends it. A clock that went back makes it run out.
  [[nodiscard]] bool ran_out(std::int64_t now_ns) RT {
    if (!running_ || (now_ns < due_ns_ && now_ns >= first_ns_)) return false;
    running_ = false;
    return true;
  }

 private:
  bool running_ = false;
  std::int64_t first_ns_ = 0;
  std::int64_t due_ns_ = 0;
};

}  // namespace takt::e1000
