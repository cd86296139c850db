// SPDX-License-Identifier: Apache-2.0
#include "virtio/blk.h"

#include <algorithm>
#include <bit>
#include <utility>

#include "base/cycles.h"
#include "base/result.h"
#include "virtio/config_bytes.h"

namespace takt::virtio {

using namespace blk;

namespace {

Blk::Kind kind_of(BlockRequest::Kind kind) RT {
  switch (kind) {
    case BlockRequest::Kind::read: return Blk::Kind::read;
    case BlockRequest::Kind::write: return Blk::Kind::write;
    case BlockRequest::Kind::flush: return Blk::Kind::flush;
    case BlockRequest::Kind::discard:
    case BlockRequest::Kind::write_zeroes: return Blk::Kind::other;
  }
  return Blk::Kind::other;
}

bool writes(const Request& request) RT {
  const auto kind = request.steps[0].kind;
  return kind == BlockRequest::Kind::write || kind == BlockRequest::Kind::write_zeroes;
}

}  // namespace

Blk::Blk(BlockStore& store, std::string_view serial, unsigned queues)
    : store_{store},
      disk_{.sectors = store.bytes() / sector_bytes,
            .read_only = store.read_only(),
            .can_discard = store.can_discard(),
            .serial = {}},
      block_bytes_{std::max<std::uint32_t>(store.block_bytes(), sector_bytes)},
      sizes_(std::clamp(queues, 1u, most_queues), queue_size),
      lanes_(sizes_.size()),
      table_(std::max<std::uint16_t>(store.depth(), 1)) {
  const auto id = std::as_bytes(std::span{serial.substr(0, id_bytes)});
  std::ranges::copy(id, disk_.serial.begin());
  for (std::size_t tag = table_.size(); tag > 0; --tag)
    free_.push_back(static_cast<std::uint16_t>(tag - 1));
  free_count_ = free_.size();
}

std::uint64_t Blk::features() const {
  using namespace blk::feature;
  std::uint64_t offered = seg_max | blk_size | topology | flush | config_wce;
  if (sizes_.size() > 1) offered |= mq;
  if (disk_.read_only) return offered | ro;
  if (disk_.can_discard) offered |= discard;
  return offered | write_zeroes;
}

/// blk_size is 512 whatever the store likes best, for that is what a disk's partition table counts
/// in; the topology says what it likes.
std::uint64_t Blk::read_config(std::uint64_t offset, Width width) RT {
  const auto exponent = static_cast<std::uint8_t>(std::countr_zero(block_bytes_ / 512u));
  Config config;
  config.capacity = disk_.sectors;
  config.seg_max = BlockRequest::most_pieces;
  config.blk_size = sector_bytes;
  config.physical_block_exp = exponent;
  config.min_io_size = static_cast<std::uint16_t>(1u << exponent);
  config.writeback = state_.writeback ? 1 : 0;
  config.num_queues = static_cast<std::uint16_t>(sizes_.size());
  if (disk_.can_discard) {
    config.max_discard_sectors = most_segment_sectors;
    config.max_discard_seg = most_segments;
    config.discard_sector_alignment = 1u << exponent;
  }
  if (disk_.read_only) return read_bytes(config, offset, width);
  config.max_write_zeroes_sectors = most_segment_sectors;
  config.max_write_zeroes_seg = most_segments;
  config.write_zeroes_may_unmap = disk_.can_discard ? 1 : 0;
  return read_bytes(config, offset, width);
}

void Blk::write_config(std::uint64_t offset, Width width, std::uint64_t value) RT {
  if (offset == offsetof(Config, writeback) && width == Width::b1) state_.writeback = value != 0;
}

/// 5.2.5: without FLUSH there is no other cache but one that writes through.
void Blk::start(std::uint64_t features, std::span<Virtqueue> queues, Interrupts& interrupts) RT {
  state_.features = features;
  if ((features & blk::feature::flush) == 0) state_.writeback = false;
  queues_ = queues;
  interrupts_ = &interrupts;
  std::ranges::fill(lanes_, Lane{.pending = true});
}

/// When a write is stable, 5.2.6.2.
bool Blk::write_through() const RT {
  if ((state_.features & blk::feature::config_wce) != 0) return !state_.writeback;
  return (state_.features & blk::feature::flush) == 0;
}

bool Blk::stop() RT {
  stopping_ = true;
  if (in_flight() != 0) return false;
  interrupts_ = nullptr;
  queues_ = {};
  stopping_ = false;
  state_ = State{};
  return true;
}

bool Blk::stop_queue(unsigned queue) RT {
  lanes_[queue].stopping = true;
  return lanes_[queue].in_flight == 0;
}

void Blk::restart_queue(unsigned queue) RT { lanes_[queue] = Lane{.pending = true}; }

void Blk::notified(unsigned queue) RT { lanes_[queue].pending = true; }

Worked Blk::work() RT {
  if (interrupts_ == nullptr) return Worked::nothing;
  blocked_ = false;
  bool worked = take_completions();
  if (due_count_ != 0) worked |= submit_due();
  for (unsigned queue = 0; queue < lanes_.size(); ++queue) worked |= serve(queue);
  if (std::exchange(submitted_, false)) store_.kick();
  interrupt();
  if (std::ranges::any_of(lanes_, [this](const Lane& lane) { return may_pop(lane); }))
    return Worked::some;
  return worked ? Worked::all : Worked::nothing;
}

/// At most as many as can be under way.
bool Blk::take_completions() RT {
  bool worked = false;
  for (std::size_t n = 0; n < table_.size(); ++n) {
    const auto done = store_.completed();
    if (!done) break;
    complete(done->tag, done->ok);
    worked = true;
  }
  return worked;
}

/// What is being reset does not go on.
void Blk::complete(std::uint16_t tag, bool ok) RT {
  if (tag >= table_.size()) VMM_BUG("a store completes what it was not given");
  Flight& flight = table_[tag];
  if (!ok) ++counters_.failed;
  const bool more = ++flight.step < flight.request.step_count;
  const bool stopped = stopping_ || lanes_[flight.queue].stopping;
  if (!ok || (more && stopped)) return answer(tag, Status::ioerr);
  if (!more) return answer(tag, Status::ok);
  flight.due = true;
  ++due_count_;
}

/// Steps after the first.
bool Blk::submit_due() RT {
  bool worked = false;
  for (std::size_t n = 0; n < table_.size() && due_count_ != 0; ++n) {
    const auto tag = static_cast<std::uint16_t>(n);
    Flight& flight = table_[tag];
    if (!flight.due) continue;
    const bool stopped = stopping_ || lanes_[flight.queue].stopping;
    if (!stopped && !submit(tag, {})) continue;
    flight.due = false;
    --due_count_;
    worked = true;
    if (stopped) answer(tag, Status::ioerr);
  }
  return worked;
}

bool Blk::may_pop(const Lane& lane) const RT {
  return lane.pending && !lane.stopping && !stopping_ && !blocked_ && free_count_ != 0;
}

/// The next requests of a queue.
bool Blk::serve(unsigned queue) RT {
  Lane& lane = lanes_[queue];
  Virtqueue& vq = queues_[queue];
  if (may_pop(lane) && !std::exchange(lane.awake, true)) vq.disable_kicks();
  bool worked = false;
  for (unsigned n = 0; n < pops_in_a_turn && may_pop(lane); ++n) {
    const Pop pop = vq.pop(chain_);
    if (pop == Pop::chain) {
      take_up(queue, chain_);
      worked |= !blocked_;
      continue;
    }
    if (pop == Pop::broken) interrupts_->needs_reset();
    lane.pending = pop == Pop::none && vq.enable_kicks();
    lane.awake = lane.pending;
  }
  return worked;
}

void Blk::take_up(unsigned queue, const Chain& chain) RT {
  const std::uint16_t tag = free_[free_count_ - 1];
  Flight& flight = table_[tag];
  parse(chain, disk_, flight.request, data_);
  flight.ticket = chain.ticket();
  flight.queue = queue;
  flight.step = 0;
  if (flight.request.answered) {
    if (flight.request.status != Status::ok) ++counters_.refused;
    return push(flight, flight.request.status);
  }
  flight.kind = kind_of(flight.request.steps[0].kind);
  flight.popped_at = cycles();
  if (write_through() && writes(flight.request))
    flight.request.steps[flight.request.step_count++] = Step{};
  if (!submit(tag, data_.span())) return queues_[queue].undo_pop();
  --free_count_;
  ++lanes_[queue].in_flight;
}

bool Blk::submit(std::uint16_t tag, std::span<const iovec> pieces) RT {
  const Step& step = table_[tag].request.steps[table_[tag].step];
  const bool has_data =
      step.kind == BlockRequest::Kind::read || step.kind == BlockRequest::Kind::write;
  const bool taken = store_.submit({.kind = step.kind,
                                    .may_unmap = step.may_unmap,
                                    .tag = tag,
                                    .offset = step.offset,
                                    .bytes = step.bytes,
                                    .pieces = has_data ? pieces : std::span<const iovec>{}});
  if (!taken) ++counters_.blocked;
  blocked_ |= !taken;
  submitted_ |= taken;
  return taken;
}

void Blk::answer(std::uint16_t tag, Status status) RT {
  Flight& flight = table_[tag];
  const std::uint64_t now = cycles();
  latency_[std::to_underlying(flight.kind)].record(now - flight.popped_at, now);
  push(flight, status);
  --lanes_[flight.queue].in_flight;
  free_[free_count_++] = tag;
}

void Blk::push(const Flight& flight, Status status) RT {
  const Request& request = flight.request;
  if (request.status_at != nullptr)
    *request.status_at = std::byte{std::to_underlying(status)};
  else
    ++counters_.no_status;
  queues_[flight.queue].push(flight.ticket,
                             status == Status::ok ? request.written : request.written_failed);
  lanes_[flight.queue].used = true;
}

/// One for all that was used in this turn.
void Blk::interrupt() RT {
  for (unsigned queue = 0; queue < lanes_.size(); ++queue)
    if (std::exchange(lanes_[queue].used, false) && queues_[queue].needs_interrupt())
      interrupts_->queue_used(queue);
}

HistogramCopy Blk::latency(Kind kind) const { return latency_[std::to_underlying(kind)].copy(); }

}  // namespace takt::virtio
