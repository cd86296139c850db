// SPDX-License-Identifier: Apache-2.0
#include "virtio/rng.h"

#include <algorithm>

namespace takt::virtio {
namespace {

/// With less to give than that, a request waits.
constexpr std::uint64_t worth_it = 64;

}  // namespace

Rng::Rng(EntropySource& source, const RngLimit& limit)
    : source_{source}, limit_{limit}, budget_{limit.bytes_per_second} {}

void Rng::start(std::uint64_t, std::span<Virtqueue> queues, Interrupts& interrupts) RT {
  queues_ = queues;
  interrupts_ = &interrupts;
  restart_queue(0);
}

bool Rng::stop() RT {
  if (limit_) limit_->alarm.disarm();
  queue_ = nullptr;
  return true;
}

void Rng::restart_queue(unsigned queue) RT {
  if (queue != 0 || !queues_[0].enabled()) return;
  queue_ = &queues_[0];
  broken_ = armed_ = waiting_ = false;
}

Worked Rng::work() RT {
  if (queue_ == nullptr || broken_) return Worked::nothing;
  std::size_t left = bytes_in_a_turn;
  bool did = false;
  Step last = Step::done;
  for (unsigned n = 0; n < queue_->size() && left != 0; ++n) {
    last = step(left);
    if (last != Step::done) break;
    did = true;
  }
  if (did && queue_->needs_interrupt()) interrupts_->queue_used(0);
  if (last == Step::done || sleep(last == Step::waits)) return Worked::some;
  return did ? Worked::all : Worked::nothing;
}

/// One request, with at most `left` bytes.
Rng::Step Rng::step(std::size_t& left) RT {
  const Pop popped = queue_->pop(chain_);
  if (popped == Pop::broken) {
    broken_ = true;
    interrupts_->needs_reset();
  }
  if (popped != Pop::chain) return Step::none;
  armed_ = false;
  std::uint64_t bytes =
      std::min<std::uint64_t>({chain_.writable_bytes(), bytes_in_a_request, left});
  if (bytes == 0) {
    ++counters_.bad_requests;
    queue_->push(chain_, 0);
    return Step::done;
  }
  const std::int64_t now = limit_ ? limit_->clock.realtime_ns() : 0;
  if (budget_) {
    const std::uint64_t available = budget_->available(now);
    const std::uint64_t least = std::min(bytes, worth_it);
    if (available < least) return put_back(counters_.limited, budget_->when(least));
    bytes = std::min(bytes, available);
  }
  const std::size_t filled = fill(bytes);
  if (filled == 0) return put_back(counters_.dry, now + retry_ns);
  if (budget_) budget_->spend(filled);
  left -= filled;
  ++counters_.requests;
  counters_.bytes += filled;
  waiting_ = false;
  queue_->push(chain_, static_cast<std::uint32_t>(filled));
  return Step::done;
}

/// Straight into the driver's buffers; nothing is read back.
std::size_t Rng::fill(std::size_t bytes) RT {
  std::size_t done = 0;
  for (const iovec& piece : chain_.writable()) {
    const std::size_t part = std::min(piece.iov_len, bytes - done);
    if (part == 0) break;
    const std::size_t got = source_.fill({static_cast<std::byte*>(piece.iov_base), part});
    done += got;
    if (got < part) break;
  }
  return done;
}

/// The next work() takes it again; where there is an alarm it sees to one.
Rng::Step Rng::put_back(std::uint64_t& counter, std::int64_t wake_at_ns) RT {
  queue_->undo_pop();
  if (!waiting_) ++counter;
  waiting_ = true;
  if (limit_) limit_->alarm.arm(wake_at_ns);
  return Step::waits;
}

/// True when there is more after all. A request that waits is no reason to stay awake.
bool Rng::sleep(bool waits) RT {
  if (broken_ || armed_) return false;
  armed_ = true;
  return queue_->enable_kicks() && !waits;
}

}  // namespace takt::virtio
