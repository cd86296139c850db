// SPDX-License-Identifier: Apache-2.0
// A queue of a tap that the host's kernel serves: vhost-net, linux/vhost.h. A thread of the
// kernel's copies frames between the guest's memory and the tap; takt starts and stops it.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/guest_mem.h"
#include "bus/vhost_port.h"
#include "host/event_loop.h"
#include "host/tap_control.h"

namespace takt {

class VhostTap final : public VhostPort {
 public:
  /// The queues of interface `name`, as open_tap() (tap_open.h) has it, each with a kernel thread
  /// that reaches the RAM of `mem` and nothing else. `loop` is woken when there is something to
  /// take_; `device` stands in the records. Set-up only; `mem`'s RAM and `loop` outlive them.
  static Result<std::vector<std::unique_ptr<VhostTap>>> open(const std::string& name,
                                                             unsigned queues, const GuestMem& mem,
                                                             EventLoop& loop, DeviceId device);

  /// A signal on it, such as an ioeventfd's, notifies the queue. The same one for ever.
  [[nodiscard]] const Fd& kick_event(unsigned queue) const { return queues_[queue].kick; }
  /// The kernel's thread; 0 when it cannot be told (in a PID namespace before Linux 6.4).
  [[nodiscard]] pid_t worker() const { return worker_; }

  // VhostPort
  [[nodiscard]] std::uint64_t features() const RT override { return features_; }
  [[nodiscard]] FrameOffloads send_offloads() const RT override;
  [[nodiscard]] FrameOffloads receive_offloads() const RT override;
  void set_receive_offloads(const FrameOffloads& offloads) RT override;
  void set_in_use(bool used) RT override;
  [[nodiscard]] bool set_features(std::uint64_t negotiated) RT override;
  [[nodiscard]] bool start(unsigned queue, const VhostRing& ring) RT override;
  std::uint16_t stop(unsigned queue) RT override;
  void kick(unsigned queue) RT override { signal_eventfd(queues_[queue].kick); }
  [[nodiscard]] bool take_used(unsigned queue) RT override;
  [[nodiscard]] bool take_broken(unsigned queue) RT override;

 private:
  struct Queue {
    Fd kick;
    Fd used;    // signalled when the ring has no eventfd of its own for it
    Fd broken;  // signalled when the kernel gives up
    std::atomic<bool> has_used = false;
    std::atomic<bool> is_broken = false;
  };
  VhostTap(Fd vhost, Fd tap, unsigned index)
      : vhost_{std::move(vhost)}, tap_{std::move(tap)}, index_{index} {}
  Result<> set_up(const GuestMem& mem);
  Result<> make_events(EventLoop& loop, DeviceId device);
  [[nodiscard]] bool set_backend(unsigned queue, int fd) const RT;

  Fd vhost_;
  Fd tap_;
  const unsigned index_;  // of the interface's queues
  std::shared_ptr<TapControl> control_;
  std::array<Queue, queues> queues_;
  std::uint64_t features_ = 0;
  pid_t worker_ = 0;
};

}  // namespace takt
