// SPDX-License-Identifier: Apache-2.0
#include "host/ram_page_returner.h"

#include <fcntl.h>
#include <poll.h>

#include "base/bits.h"
#include "host/ordinary_thread.h"

namespace takt {

Result<std::unique_ptr<RamPageReturner>> RamPageReturner::create(const GuestRam& ram,
                                                                 PageSize pages,
                                                                 const GuestMem& mem, Mode mode,
                                                                 Bell& bell) {
  std::unique_ptr<RamPageReturner> returner{new RamPageReturner{ram, pages, mem, bell}};
  if (mode == Mode::count_only) return returner;
  TRY(returner->wake_, make_eventfd());
  TRY(returner->thread_, start_ordinary_thread("balloon", [raw = returner.get()] { raw->run(); }));
  return returner;
}

RamPageReturner::~RamPageReturner() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_release);
  signal_eventfd(wake_);
  thread_.join();
}

/// Without a thread it is done at once: the caller looks when it has given. What is not RAM is a
/// range of nothing, done in its turn.
bool RamPageReturner::give(Gpa start, std::uint64_t bytes) RT {
  Range range;
  if (const auto slice = mem_.slice(start, bytes))
    range = {.offset = static_cast<std::uint64_t>(slice->data() - ram_.bytes().data()),
             .bytes = bytes};
  if (thread_.joinable()) {
    if (!ring_.push(range)) return false;
    signal_eventfd(wake_);
  } else {
    done_.fetch_add(1, std::memory_order_release);
  }
  given_bytes_.fetch_add(range.bytes, relaxed);
  return true;
}

void RamPageReturner::run() {
  pollfd wake{.fd = wake_.raw(), .events = POLLIN, .revents = 0};
  while (!stopping_.load(std::memory_order_acquire)) {
    ::poll(&wake, 1, -1);
    drain_eventfd(wake_);
    while (!stopping_.load(std::memory_order_acquire)) {
      const auto range = ring_.pop();
      if (!range) break;
      punch(*range);
      done_.fetch_add(1, std::memory_order_release);
      bell_.ring();
    }
  }
}

void RamPageReturner::punch(const Range& range) {
  const std::uint64_t first = align_up(range.offset, page_bytes_);
  const std::uint64_t end = (range.offset + range.bytes) / page_bytes_ * page_bytes_;
  if (first >= end) return;
  const int mode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
  if (::fallocate(ram_.fd().raw(), mode, static_cast<off_t>(first),
                  static_cast<off_t>(end - first)) == 0)
    returned_bytes_.fetch_add(end - first, relaxed);
  else
    failures_.fetch_add(1, relaxed);
}

}  // namespace takt
