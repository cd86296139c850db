// SPDX-License-Identifier: Apache-2.0
// One queue of a tap interface: the kernel's Documentation/networking/tuntap.rst. A frame is one
// system call, without a copy in takt: readv(2) and writev(2) straight from and to the guest's
// memory, a FrameHeader before each (the kernel's "vnet header").
//
// A tap takes everything undone. What it may leave undone is set a little later than asked for
// (tap_control.h): meanwhile frames that the device does not take are dropped here.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/pi_mutex.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/frame_port.h"
#include "host/event_loop.h"
#include "host/tap_control.h"

namespace takt {

class Tap final : public FramePort {
 public:
  static constexpr std::size_t most_pieces = 64;

  /// The queues of interface `name`, for `loop`, which ends before they go. `device` stands in the
  /// records. What open_tap() (tap_open.h) says of the interface.
  static Result<std::vector<std::unique_ptr<Tap>>> open(const std::string& name, unsigned queues,
                                                        EventLoop& loop, DeviceId device);
  /// Of descriptors that are open already, each bound to a queue of one interface.
  static Result<std::vector<std::unique_ptr<Tap>>> adopt(std::vector<Fd> fds, EventLoop& loop,
                                                         DeviceId device);

  [[nodiscard]] FrameOffloads send_offloads() const RT override;
  [[nodiscard]] FrameOffloads receive_offloads() const RT override;
  void set_receive_offloads(const FrameOffloads& offloads) RT override;
  [[nodiscard]] bool send(const FrameHeader& header, std::span<const iovec> pieces) RT override;
  [[nodiscard]] std::optional<Received> receive(std::span<const iovec> pieces) RT override;
  void want_receive(bool want) RT override;
  void want_send(bool want) RT override;

  /// Frames that the kernel refused: the interface is down or gone, or the header is wrong. Any
  /// thread, as the next.
  [[nodiscard]] std::uint64_t send_drops() const RT { return send_drops_.load(relaxed); }
  /// Frames that had more left undone than the device takes.
  [[nodiscard]] std::uint64_t receive_drops() const RT { return receive_drops_.load(relaxed); }
  /// What the queues of an interface share; its thread may be placed.
  [[nodiscard]] const TapControl& control() const { return *control_; }

 private:
  static constexpr std::memory_order relaxed = std::memory_order_relaxed;
  Tap(Fd fd, std::shared_ptr<TapControl> control)
      : fd_{std::move(fd)}, control_{std::move(control)} {}
  void ready(std::uint32_t events) RT;
  void set_watch() RT REQUIRES(watching_);
  [[nodiscard]] bool takes(const FrameHeader& header) const RT;

  Fd fd_;
  std::shared_ptr<TapControl> control_;
  EventLoop::Watch* watch_ = nullptr;
  FrameOffloads allowed_;
  PiMutex watching_;  // the loop's thread comes here without the device's lock
  /// epoll will tell when there is something, and has not: a turn of the device's costs no system
  /// call then.
  std::atomic<bool> quiet_ = false;
  std::atomic<bool> want_receive_ = false;  // written under watching_
  bool want_send_ GUARDED_BY(watching_) = false;
  bool gone_ GUARDED_BY(watching_) = false;  // the interface was removed; it does not come back
  std::atomic<std::uint64_t> send_drops_ = 0;
  std::atomic<std::uint64_t> receive_drops_ = 0;
};

}  // namespace takt
