// SPDX-License-Identifier: Apache-2.0
// What a device server's thread does: sleeps until a descriptor is ready or its bell is rung, and
// then does what there is, a bounded piece of each thing in turn.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/units.h"
#include "bus/work.h"

namespace takt {

class EventLoop : public Bell {
 public:
  /// Called on the server's thread with what epoll(7) reported. Bounded, and does not block: it
  /// reads what is there. A level that is still there is reported again.
  using Handler = std::function<void(std::uint32_t events)>;

  /// For watch() of an eventfd of which only that it was signalled matters: a signal is reported
  /// once, and nobody need read the counter, a system call less for each.
  static constexpr std::uint32_t rung_eventfd = EPOLLIN | EPOLLET;

  /// A descriptor that is watched; stays where it is until the loop goes.
  class Watch {
   public:
    /// What to be called for: EPOLLIN, EPOLLOUT, or 0 for nothing at all. The server's thread, or
    /// before it runs. No system call when nothing changes.
    void want(std::uint32_t events) RT;
    /// Another descriptor, or -1 for none, and what to be called for. The one before is open until
    /// then, and may be closed afterwards; what it had to report may still come once. False when
    /// the kernel has no room for another one. Whoever serialises this watch.
    [[nodiscard]] bool set_fd(int fd, std::uint32_t events) RT;

   private:
    friend EventLoop;
    int epoll_ = -1;
    int fd_ = -1;
    std::uint32_t events_ = 0;
    bool added_ = false;
    DeviceId device_;
    Handler handler_;
  };

  static Result<std::unique_ptr<EventLoop>> create();

  // Before run():
  /// `fd` stays open until run() has returned. The error says that epoll does not take it: a
  /// regular file, for one. `device` stands in the records.
  Result<Watch*> watch(int fd, std::uint32_t events, DeviceId device, Handler handler);
  /// A watch without a descriptor, for one that comes while the loop runs.
  Watch* reserve(DeviceId device, Handler handler);
  /// `work` is called after each time that the bell was rung or a descriptor was ready.
  void add(Work& work) { works_.push_back(&work); }

  /// The loop does not sleep for that long after it has had something to do, so that what comes
  /// soon after costs nobody a wake-up. It takes a CPU for that time. 0, the default: it sleeps.
  void poll_for(std::int64_t ns) { poll_ns_ = ns; }

  void ring() RT override;

  /// On the server's thread, before run(): after it vCPUs may come.
  void begin();
  /// The thread's body, real-time (base/rt.h) but for the time that it sleeps. Returns after
  /// stop(), when all work is done.
  void run();
  /// Any thread, once and for all; when nobody brings work any more.
  void stop() noexcept;

 private:
  EventLoop(Fd epoll, Fd wake) : epoll_{std::move(epoll)}, wake_{std::move(wake)} {}
  [[nodiscard]] Worked turn() RT;
  [[nodiscard]] bool may_sleep(Worked worked) RT;
  [[nodiscard]] bool polls() const RT;
  void wait_and_handle(bool sleep) RT;
  void woken() RT;
  static void handle(const epoll_event& event) RT;

  Fd epoll_;
  Fd wake_;
  std::vector<std::unique_ptr<Watch>> watches_;
  std::vector<Work*> works_;
  std::int64_t poll_ns_ = 0;
  std::int64_t busy_ns_ = 0;  // when there was something to do
  alignas(64) std::atomic<bool> asleep_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> rung_at_ = 0;  // cycles(), of the ring that woke
};

}  // namespace takt
