// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_tx.h"

#include <algorithm>
#include <optional>

#include "base/cycles.h"
#include "virtio/net_offloads.h"

namespace takt::virtio {

void NetSender::start(Virtqueue& queue, unsigned index) RT {
  stop();
  queue_ = &queue;
  index_ = index;
}

void NetSender::stop() RT {
  set_blocked(false);
  queue_ = nullptr;
  broken_ = armed_ = pushed_ = false;
  notified_at_ = 0;
}

void NetSender::notified() RT {
  if (notified_at_ == 0) notified_at_ = cycles();
}

Batch NetSender::batch(NetBudget& budget) RT {
  Batch batch;
  if (!live() || broken_) return batch;
  since_ = notified_at_ != 0 ? notified_at_ : cycles();
  unsigned frames = 0;
  while (frames < frames_in_a_batch && budget.left() && step(budget) == Step::frame) ++frames;
  batch.did = frames != 0;
  batch.more = !blocked_ && (frames == frames_in_a_batch || !budget.left());
  signal();
  return batch;
}

NetSender::Step NetSender::step(NetBudget& budget) RT {
  Chain& chain = shared_.chain;
  const Pop popped = queue_->pop(chain);
  if (popped == Pop::broken) {
    broken_ = true;
    shared_.interrupts->needs_reset();
  }
  if (popped != Pop::chain) return Step::nothing;
  if (armed_) queue_->disable_kicks();
  armed_ = false;
  NetHeader header;
  const std::size_t got = chain.read(0, std::as_writable_bytes(std::span{&header, 1}));
  const std::uint64_t bytes = chain.readable_bytes() - got;
  if (bytes < ethernet_bytes || bytes > most_bytes)
    return give_back(budget, ethernet_bytes, counters_.malformed);
  if (!shared_.link) return give_back(budget, bytes, counters_.link_down);
  const auto sound = checked(header.frame, shared_.device_work, bytes);
  if (!sound) return give_back(budget, bytes, counters_.bad_header);
  Pieces pieces;
  if (!port_.send(*sound, frame_of(chain, pieces))) {
    queue_->undo_pop();
    if (!blocked_) ++counters_.waits;
    set_blocked(true);
    return Step::nothing;
  }
  set_blocked(false);
  const std::uint64_t now = cycles();
  shared_.send_times.record(now - since_, now);
  return give_back(budget, bytes, counters_.frames);
}

NetSender::Step NetSender::give_back(NetBudget& budget, std::size_t bytes,
                                     std::uint64_t& counter) RT {
  queue_->push(shared_.chain, 0);
  pushed_ = true;
  ++counter;
  budget.spend(bytes);
  return Step::frame;
}

/// The pieces behind the header; where they are too many, the last of them copied into one. The
/// frame is no longer than most_bytes.
std::span<const iovec> NetSender::frame_of(const Chain& chain, Pieces& pieces) RT {
  std::size_t skip = sizeof(NetHeader);
  std::size_t count = 0;
  std::size_t done = 0;  // bytes of the chain
  for (const iovec& piece : chain.readable()) {
    const std::size_t cut = std::min(skip, piece.iov_len);
    skip -= cut;
    if (cut == piece.iov_len) {
      done += cut;
      continue;
    }
    if (count == most_pieces - 1) break;
    pieces[count++] = {.iov_base = static_cast<std::byte*>(piece.iov_base) + cut,
                       .iov_len = piece.iov_len - cut};
    done += piece.iov_len;
  }
  const std::size_t rest = chain.read(done, gathered_);
  if (rest != 0) pieces[count++] = {.iov_base = gathered_.data(), .iov_len = rest};
  return std::span{pieces}.first(count);
}

void NetSender::set_blocked(bool blocked) RT {
  if (blocked != blocked_) port_.want_send(blocked);
  blocked_ = blocked;
}

void NetSender::signal() RT {
  if (!pushed_) return;
  pushed_ = false;
  if (queue_->needs_interrupt()) shared_.interrupts->queue_used(index_);
}

/// A port that is full wakes the server by itself.
bool NetSender::sleep() RT {
  if (!live() || broken_ || blocked_ || armed_) return false;
  armed_ = true;
  return queue_->enable_kicks();
}

}  // namespace takt::virtio
