// SPDX-License-Identifier: Apache-2.0
#include "host/event_loop.h"

#include <algorithm>
#include <array>

#include "base/cycles.h"
#include "base/rt.h"
#include "host/system_clock.h"
#include "record/thread_recorder.h"

namespace takt {
namespace {

std::int64_t now_ns() RT { return host_ns(CLOCK_MONOTONIC); }

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  Fd epoll{::epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll) return sys_error("epoll_create1");
  TRY(Fd wake, make_eventfd());
  epoll_event event{.events = rung_eventfd, .data = {.ptr = nullptr}};  // null: the bell
  if (::epoll_ctl(epoll.raw(), EPOLL_CTL_ADD, wake.raw(), &event) != 0)
    return sys_error("epoll_ctl");
  return std::unique_ptr<EventLoop>{new EventLoop{std::move(epoll), std::move(wake)}};
}

Result<EventLoop::Watch*> EventLoop::watch(int fd, std::uint32_t events, DeviceId device,
                                           Handler handler) {
  Watch* watch = reserve(device, std::move(handler));
  epoll_event event{.events = events, .data = {.ptr = watch}};
  if (::epoll_ctl(epoll_.raw(), EPOLL_CTL_ADD, fd, &event) != 0) {
    auto error = sys_error("epoll_ctl");
    watches_.pop_back();
    return error;
  }
  watch->fd_ = fd;
  watch->added_ = true;
  watch->events_ = events;
  if (events == 0) watch->want(0);
  return watch;
}

EventLoop::Watch* EventLoop::reserve(DeviceId device, Handler handler) {
  auto watch = std::make_unique<Watch>();
  watch->epoll_ = epoll_.raw();
  watch->device_ = device;
  watch->handler_ = std::move(handler);
  watches_.push_back(std::move(watch));
  return watches_.back().get();
}

bool EventLoop::Watch::set_fd(int fd, std::uint32_t events) RT {
  want(0);
  fd_ = fd;
  if (fd >= 0) want(events);
  return added_ == (fd >= 0 && events != 0);
}

/// A descriptor for which nothing is wanted is taken out: epoll reports a hang-up uninvited.
void EventLoop::Watch::want(std::uint32_t events) RT {
  if (added_ && events == events_ && events != 0) return;
  if (!added_ && events == 0) return;
  epoll_event event{.events = events, .data = {.ptr = this}};
  int operation = EPOLL_CTL_MOD;
  if (!added_) operation = EPOLL_CTL_ADD;
  if (events == 0) operation = EPOLL_CTL_DEL;
  const bool done = ::epoll_ctl(epoll_, operation, fd_, &event) == 0;
  added_ = events != 0 && (added_ || done);
  events_ = events;
}

/// The fences here and in may_sleep(): either this thread sees that the server is about to sleep,
/// or the server sees what was put before. An awake server's flag is only read: the line stays
/// shared.
void EventLoop::ring() RT {
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (!asleep_.load(std::memory_order_relaxed)) return;
  if (!asleep_.exchange(false, std::memory_order_acq_rel)) return;
  rung_at_.store(cycles(), std::memory_order_relaxed);
  signal_eventfd(wake_);
}

void EventLoop::stop() noexcept {
  stopping_.store(true, std::memory_order_release);
  asleep_.store(true, std::memory_order_seq_cst);
  ring();
}

void EventLoop::begin() {
  for (Work* work : works_) work->begin();
}

void EventLoop::run() {
  {
    const rt::Section section;
    Worked worked = Worked::some;
    for (bool stopping = false; worked == Worked::some || !stopping;) {
      stopping = stopping_.load(std::memory_order_acquire);  // the turn after it finds all there is
      wait_and_handle(may_sleep(worked));
      worked = turn();
    }
  }
  for (Work* work : works_) work->finish();
}

/// A piece of each work.
Worked EventLoop::turn() RT {
  Worked all = Worked::nothing;
  for (Work* work : works_) all = std::max(all, work->work());
  if (all != Worked::nothing && poll_ns_ != 0) busy_ns_ = now_ns();
  return all;
}

/// From here on a ring() wakes, so what was put before is looked for once more.
bool EventLoop::may_sleep(Worked worked) RT {
  if (worked == Worked::some || stopping_.load(std::memory_order_acquire) || polls()) return false;
  asleep_.store(true, std::memory_order_relaxed);
  std::atomic_thread_fence(std::memory_order_seq_cst);
  if (turn() == Worked::nothing && !stopping_.load(std::memory_order_acquire)) return true;
  asleep_.store(false, std::memory_order_relaxed);
  return false;
}

bool EventLoop::polls() const RT { return poll_ns_ != 0 && now_ns() - busy_ns_ < poll_ns_; }

void EventLoop::wait_and_handle(bool sleep) RT {
  std::array<epoll_event, 16> events;
  int count = 0;
  {
    const rt::Allowed sleeping;
    count =
        ::epoll_wait(epoll_.raw(), events.data(), static_cast<int>(events.size()), sleep ? -1 : 0);
  }
  if (sleep) asleep_.store(false, std::memory_order_relaxed);
  for (int n = 0; n < count; ++n) {
    if (events[static_cast<std::size_t>(n)].data.ptr == nullptr)
      woken();
    else
      handle(events[static_cast<std::size_t>(n)]);
  }
}

void EventLoop::woken() RT {
  const std::uint64_t rung = rung_at_.exchange(0, std::memory_order_relaxed);
  if (rung == 0) return;
  put_record({.at = rung, .took = took_cycles(rung, cycles()), .kind = RecordKind::wake});
}

void EventLoop::handle(const epoll_event& event) RT {
  auto& watch = *static_cast<Watch*>(event.data.ptr);
  const std::uint64_t begin = cycles();
  watch.handler_(event.events);
  put_record({.at = begin,
              .took = took_cycles(begin, cycles()),
              .kind = RecordKind::job,
              .device = watch.device_});
}

}  // namespace takt
