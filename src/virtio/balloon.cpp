// SPDX-License-Identifier: Apache-2.0
#include "virtio/balloon.h"

#include <algorithm>
#include <cstring>

#include "virtio/config_bytes.h"

namespace takt::virtio {
namespace {

constexpr unsigned deflates_in_a_turn = 16;
constexpr std::size_t stat_bytes = 10;  // struct virtio_balloon_stat, packed
constexpr std::size_t most_stats = 32;  // of a buffer that are looked at

}  // namespace

// --- the control plane ---

void Balloon::set_target_pages(std::uint32_t pages) RT {
  target_.store(pages, std::memory_order_release);
  bell_.ring();
}

void Balloon::request_stats() RT {
  stats_wanted_.store(true, std::memory_order_release);
  bell_.ring();
}

std::optional<std::uint64_t> Balloon::stat(BalloonStat which) const RT {
  const auto n = static_cast<std::size_t>(which);
  if (n >= stats || (stats_known_.load(std::memory_order_acquire) >> n & 1) == 0)
    return std::nullopt;
  return stats_[n].load(relaxed);
}

// --- configuration ---

std::uint64_t Balloon::features() const {
  using namespace balloon_feature;
  return stats_vq | deflate_on_oom | page_poison | page_reporting;
}

std::uint64_t Balloon::read_config(std::uint64_t offset, Width width) RT {
  const BalloonConfig config{.num_pages = target_.load(std::memory_order_acquire),
                             .actual = actual_.load(relaxed),
                             .free_page_hint_cmd_id = 0,
                             .poison_val = poison_};
  return read_bytes(config, offset, width);
}

/// The driver's are `actual` and, before DRIVER_OK, `poison_val`.
void Balloon::write_config(std::uint64_t offset, Width width, std::uint64_t value) RT {
  BalloonConfig config{.actual = actual_.load(relaxed), .poison_val = poison_};
  write_bytes(config, offset, width, value);
  actual_.store(config.actual, relaxed);
  if (interrupts_ == nullptr) poison_ = config.poison_val;
}

void Balloon::see_target() RT {
  const std::uint32_t target = target_.load(std::memory_order_acquire);
  if (target == told_target_) return;
  told_target_ = target;
  interrupts_->config_changed();
}

// --- life ---

/// 5.5.2. Without free page hinting, drivers disagree about where reports go: by the specification
/// to queue 4; Linux before 6.11 counted only queues that exist.
Balloon::Use Balloon::use_of(unsigned queue) const RT {
  if (queue == inflate) return Use::inflate;
  if (queue == deflate) return Use::deflate;
  if (queue == 2 && has(balloon_feature::stats_vq)) return Use::stats;
  if (!has(balloon_feature::page_reporting)) return Use::none;
  const bool other = std::ranges::any_of(q_, [](const Queue& q) { return q.use == Use::report; });
  return other ? Use::none : Use::report;
}

void Balloon::start(std::uint64_t features, std::span<Virtqueue> queues,
                    Interrupts& interrupts) RT {
  features_ = features;
  queues_ = queues;
  interrupts_ = &interrupts;
  told_target_ = target_.load(std::memory_order_acquire);  // it reads the configuration
  for (unsigned queue = 0; queue < queue_count; ++queue)
    if (queues[queue].enabled()) restart_queue(queue);
}

/// No queue is touched from now on; but pages that were handed over may still be taken away.
bool Balloon::stop() RT {
  for (unsigned queue = 0; queue < queue_count; ++queue) static_cast<void>(stop_queue(queue));
  interrupts_ = nullptr;
  if (!handover_.all_done()) return false;
  features_ = 0;
  poison_ = 0;
  actual_.store(0, relaxed);
  return true;
}

bool Balloon::stop_queue(unsigned queue) RT {
  switch (q_[queue].use) {
    case Use::inflate:
      inflating_.phase = Phase::idle;
      handover_.drop();
      break;
    case Use::report: reporting_.phase = Phase::idle; break;
    case Use::stats: stats_buffer_.reset(); break;
    case Use::deflate:
    case Use::none: break;
  }
  q_[queue] = {};
  return handover_.all_done();
}

void Balloon::restart_queue(unsigned queue) RT {
  q_[queue] = {};
  q_[queue].use = use_of(queue);
}

// --- work ---

Worked Balloon::work() RT {
  if (interrupts_ == nullptr) return Worked::nothing;
  see_target();
  Worked all = Worked::nothing;
  for (unsigned queue = 0; queue < queue_count; ++queue)
    if (!q_[queue].broken) all = std::max(all, serve(queue));
  return all;
}

Worked Balloon::serve(unsigned queue) RT {
  switch (q_[queue].use) {
    case Use::none: return Worked::nothing;
    case Use::inflate: return do_pages(queue, inflating_, counters_.inflated);
    case Use::report: return do_pages(queue, reporting_, counters_.reports);
    case Use::deflate: return do_deflate(queue);
    case Use::stats: return do_stats(queue);
  }
  return Worked::nothing;
}

bool Balloon::pop(unsigned queue, Chain& chain) RT {
  const Pop popped = queues_[queue].pop(chain);
  if (popped == Pop::broken) {
    q_[queue].broken = true;
    interrupts_->needs_reset();
  }
  if (popped == Pop::chain) q_[queue].armed = false;
  return popped == Pop::chain;
}

void Balloon::complete(unsigned queue, ChainTicket ticket) RT {
  queues_[queue].push(ticket, 0);
  if (queues_[queue].needs_interrupt()) interrupts_->queue_used(queue);
}

Worked Balloon::sleep(unsigned queue, bool did) RT {
  Queue& q = q_[queue];
  if (!q.broken && !q.armed) {
    q.armed = true;
    if (queues_[queue].enable_kicks()) return Worked::some;
  }
  return did ? Worked::all : Worked::nothing;
}

// --- pages ---

/// One request at a time: its pages are handed over, in one turn or more, and then waited for. When
/// that cannot go on, the returner's bell will say so.
Worked Balloon::do_pages(unsigned queue, Job& job, std::uint64_t& counter) RT {
  if (job.phase == Phase::idle) {
    if (!pop(queue, job.chain)) return sleep(queue, false);
    job.phase = Phase::giving;
    job.next = 0;
  }
  if (job.phase == Phase::giving) {
    const std::uint64_t before = job.next;
    if (!give_more(q_[queue].use, job)) return job.next == before ? Worked::nothing : Worked::all;
    if (job.phase == Phase::giving) return Worked::some;
  }
  if (!handover_.done(job.until)) return Worked::nothing;
  job.phase = Phase::idle;
  ++counter;
  complete(queue, job.chain.ticket());
  return Worked::some;
}

/// False when the returner takes no more now.
bool Balloon::give_more(Use use, Job& job) RT {
  if (!(use == Use::inflate ? give_listed(job) : give_reported(job))) return false;
  if (job.phase == Phase::waiting) job.until = handover_.given();
  return true;
}

/// A list of page numbers; bytes at its end that make none are nothing.
bool Balloon::give_listed(Job& job) RT {
  std::array<std::uint32_t, 64> pfns;
  for (std::size_t looked = 0; looked < pages_in_a_turn; looked += pfns.size()) {
    const std::size_t got = job.chain.read(job.next, std::as_writable_bytes(std::span{pfns}));
    for (const std::uint32_t pfn : std::span{pfns}.first(got / sizeof(std::uint32_t))) {
      if (!handover_.add(pfn)) return false;
      job.next += sizeof pfn;
    }
    if (got == sizeof pfns) continue;
    if (!handover_.flush()) return false;
    job.phase = Phase::waiting;
    return true;
  }
  return true;
}

/// 5.5.6.7.2: what is taken away reads as zeroes, which is right when that is the poison too.
bool Balloon::give_reported(Job& job) RT {
  const auto buffers = job.chain.writable();
  const bool keep = has(balloon_feature::page_poison) && poison_ != 0;
  if (keep) ++counters_.poisoned_reports;
  for (unsigned n = 0; n < buffers_in_a_turn && !keep && job.next < buffers.size(); ++n) {
    if (!handover_.add(buffers[job.next])) return false;
    ++job.next;
  }
  if (keep || job.next == buffers.size()) job.phase = Phase::waiting;
  return true;
}

/// A page that comes back needs nothing: it is there when it is touched.
Worked Balloon::do_deflate(unsigned queue) RT {
  unsigned done = 0;
  for (; done < deflates_in_a_turn && pop(queue, scratch_); ++done) {
    ++counters_.deflated;
    queues_[queue].push(scratch_, 0);
  }
  if (done != 0 && queues_[queue].needs_interrupt()) interrupts_->queue_used(queue);
  return done == deflates_in_a_turn ? Worked::some : sleep(queue, done != 0);
}

// --- statistics ---

/// 5.5.6.4: the device keeps the driver's one buffer, and gives it back to ask for another.
Worked Balloon::do_stats(unsigned queue) RT {
  bool did = false;
  if (!stats_buffer_ && pop(queue, scratch_)) {
    take_stats(scratch_);
    stats_buffer_ = scratch_.ticket();
    did = true;
  }
  if (stats_buffer_ && stats_wanted_.exchange(false, std::memory_order_acquire)) {
    complete(queue, *stats_buffer_);
    stats_buffer_.reset();
    did = true;
  }
  if (stats_buffer_) return did ? Worked::all : Worked::nothing;
  return sleep(queue, did);
}

void Balloon::take_stats(const Chain& chain) RT {
  std::array<std::byte, most_stats * stat_bytes> copy;
  const std::size_t got = chain.read(0, copy);
  std::uint32_t known = 0;
  for (std::size_t at = 0; got - at >= stat_bytes; at += stat_bytes) {
    std::uint16_t tag = 0;
    std::uint64_t value = 0;
    std::memcpy(&tag, copy.data() + at, sizeof tag);
    std::memcpy(&value, copy.data() + at + sizeof tag, sizeof value);
    if (tag >= stats) continue;
    stats_[tag].store(value, relaxed);
    known |= 1u << tag;
  }
  stats_known_.store(known, std::memory_order_release);
  stats_updates_.fetch_add(1, std::memory_order_release);
  ++counters_.stats;
}

}  // namespace takt::virtio
