// SPDX-License-Identifier: Apache-2.0
#include "virtio/net_rx.h"

#include <algorithm>
#include <array>

#include "base/cycles.h"
#include "virtio/net_offloads.h"

namespace takt::virtio {
namespace {

/// After a long frame, for how many the longest is expected.
constexpr unsigned expect_long = 64;

std::size_t total(std::span<const iovec> pieces) RT {
  std::size_t bytes = 0;
  for (const iovec& piece : pieces) bytes += piece.iov_len;
  return bytes;
}

}  // namespace

void NetReceiver::start(Virtqueue& queue, unsigned index) RT {
  stop();
  queue_ = &queue;
  index_ = index;
}

void NetReceiver::stop() RT {
  want_receive(false);
  queue_ = nullptr;
  buffers_.clear();
  frame_.reset();
  long_left_ = 0;
  broken_ = armed_ = quiet_ = pushed_ = false;
}

void NetReceiver::set_ports(std::size_t first, std::size_t step) RT {
  leave_ports();
  first_port_ = next_port_ = first;
  port_step_ = step;
}

void NetReceiver::leave_ports() RT {
  want_receive(false);
  frame_.reset();
  port_step_ = 0;
}

void NetReceiver::want_receive(bool want) RT {
  if (port_step_ == 0) return;
  for (std::size_t p = first_port_; p < ports_.size(); p += port_step_)
    ports_[p]->want_receive(want);
}

Batch NetReceiver::batch(NetBudget& budget) RT {
  Batch batch;
  if (!works()) return batch;
  noticed_ = 0;
  unsigned frames = 0;
  while (frames < frames_in_a_batch && budget.left() && step(budget) == Step::frame) ++frames;
  batch.did = frames != 0 || pushed_;
  batch.more = frames == frames_in_a_batch || !budget.left();
  signal();
  return batch;
}

/// One frame. Starved: nothing can be done until the driver offers more buffers.
NetReceiver::Step NetReceiver::step(NetBudget& budget) RT {
  if (frame_) return deliver(budget);
  const bool expects_long = long_left_ != 0 && shared_.mergeable;
  if (shared_.link && !gather(expects_long ? largest_frame : shared_.usual_bytes, budget) &&
      buffers_.empty())
    return Step::starved;
  const std::uint64_t now = cycles();
  if (!receive()) return Step::nothing;
  if (noticed_ == 0) noticed_ = now;
  if (frame_) return deliver(budget);
  budget.spend(ethernet_bytes);
  return Step::frame;
}

/// Takes buffers until a frame of `bytes` bytes fits, or as many as there are; without MRG_RXBUF
/// one, whatever its length. Whether that is so.
bool NetReceiver::gather(std::uint64_t bytes, NetBudget& budget) RT {
  while (buffers_.empty() || (shared_.mergeable && buffers_.room() < bytes)) {
    switch (buffers_.take(*queue_, shared_.chain)) {
      case NetRxBuffers::Taken::buffer: armed_ = false; break;
      case NetRxBuffers::Taken::useless:
        armed_ = false;
        pushed_ = true;
        ++counters_.bad_buffers;
        budget.spend(0);
        if (!budget.left()) return false;
        break;
      case NetRxBuffers::Taken::broken:
        broken_ = true;
        shared_.interrupts->needs_reset();
        return false;
      case NetRxBuffers::Taken::none:
      case NetRxBuffers::Taken::full: return false;
    }
  }
  return true;
}

/// Whether a frame was read; it is in frame_ unless it was dropped.
bool NetReceiver::receive() RT {
  std::array<iovec, most_pieces + 1> pieces;
  std::size_t count = 0;
  if (shared_.link) {
    const auto own = buffers_.frame_pieces();
    count = std::min(own.size(), most_pieces);
    std::ranges::copy(own.first(count), pieces.begin());
  }
  pieces[count] = {.iov_base = spill_.data(), .iov_len = spill_.size()};
  const auto got = receive_from_any(std::span{pieces}.first(count + 1));
  if (!got) return false;
  const std::size_t in_buffers = std::min(total(std::span{pieces}.first(count)), got->bytes);
  if (wanted(*got) && passes_filter(in_buffers, got->bytes))
    frame_ = {.header = got->header, .bytes = got->bytes, .in_buffers = in_buffers};
  return true;
}

/// In turn, so that none of several starves another.
std::optional<FramePort::Received> NetReceiver::receive_from_any(std::span<const iovec> pieces) RT {
  for (std::size_t p = first_port_; p < ports_.size(); p += port_step_) {
    FramePort& port = *ports_[next_port_];
    next_port_ += port_step_;
    if (next_port_ >= ports_.size()) next_port_ = first_port_;
    if (const auto got = port.receive(pieces)) return got;
  }
  return std::nullopt;
}

/// For the MTU see 5.1.4.1; a tag is no part of it.
bool NetReceiver::wanted(const FramePort::Received& got) RT {
  std::uint64_t* lost = nullptr;
  if (!shared_.link)
    lost = &counters_.link_down;
  else if (got.bytes < ethernet_bytes)
    lost = &counters_.malformed;
  else if (got.truncated || got.bytes > longest(got.header))
    lost = &counters_.too_long;
  else if (!permitted(got.header, shared_.driver_work))
    lost = &counters_.undone;
  if (lost == nullptr) return true;
  ++*lost;
  return false;
}

std::size_t NetReceiver::longest(const FrameHeader& header) const RT {
  if (shared_.mtu == 0 || header.gso_type != FrameHeader::gso_none) return largest_frame;
  return shared_.mtu + ethernet_bytes + vlan_tag_bytes;
}

bool NetReceiver::passes_filter(std::size_t in_buffers, std::size_t bytes) RT {
  if (shared_.filter.takes_all()) return true;
  std::array<std::byte, NetFilter::head_bytes> head;
  const std::size_t n = std::min(head.size(), bytes);
  const std::size_t first = std::min(n, in_buffers);
  buffers_.read(0, std::span{head}.first(first));
  std::ranges::copy(std::span{spill_}.first(n - first), std::span{head}.subspan(first).begin());
  std::array<std::uint8_t, NetFilter::head_bytes> octets;
  std::ranges::transform(head, octets.begin(), [](std::byte b) RT { return std::uint8_t(b); });
  if (shared_.filter.takes(std::span{octets}.first(n))) return true;
  ++counters_.filtered;
  return false;
}

/// Gives frame_ to the driver, or waits for buffers, or drops it.
NetReceiver::Step NetReceiver::deliver(NetBudget& budget) RT {
  const Frame frame = *frame_;
  if (frame.bytes > buffers_.room() && !gather(frame.bytes, budget) && !can_never_fit())
    return Step::starved;
  frame_.reset();
  budget.spend(frame.bytes);
  if (frame.bytes > shared_.usual_bytes)
    long_left_ = expect_long;
  else if (long_left_ != 0)
    --long_left_;
  if (frame.bytes > buffers_.room()) {
    ++counters_.no_room;
    return Step::frame;
  }
  const std::span spilt{spill_.data(), frame.bytes - frame.in_buffers};
  if (!spilt.empty()) buffers_.write(frame.in_buffers, spilt);
  FrameHeader header = frame.header;
  header.flags &= FrameHeader::needs_csum | FrameHeader::data_valid;
  if (!shared_.driver_work.csum) header = {};  // 5.1.6.4.1
  buffers_.use(*queue_, header, frame.bytes);
  pushed_ = true;
  ++counters_.frames;
  return Step::frame;
}

/// The frame is longer than the buffers, and the driver will hardly offer more before it gets some
/// back: half of its queue is here, or as many pieces as are held. A driver with 256 buffers of a
/// usual length does not come near that.
bool NetReceiver::can_never_fit() const RT {
  const std::size_t most = std::min<std::size_t>(queue_->size() / 2u, Chain::most_pieces);
  return !shared_.mergeable || buffers_.pieces() >= most;
}

void NetReceiver::signal() RT {
  if (!pushed_) return;
  pushed_ = false;
  if (queue_->needs_interrupt()) shared_.interrupts->queue_used(index_);
  if (noticed_ == 0) return;
  const std::uint64_t now = cycles();
  shared_.receive_times.record(now - noticed_, now);
}

/// Nothing can be done until the driver offers more buffers.
bool NetReceiver::starved() const RT {
  return broken_ || frame_ || (shared_.link && buffers_.empty());
}

/// The driver's notifications are wanted only by a queue that is starved; frames by the others.
bool NetReceiver::sleep() RT {
  if (!live() || port_step_ == 0) return false;
  want_receive(!starved());
  if (starved()) {
    if (armed_) return false;
    armed_ = true;
    quiet_ = false;
    return queue_->enable_kicks();
  }
  if (!quiet_) queue_->disable_kicks();
  quiet_ = true;
  armed_ = false;
  return false;
}

}  // namespace takt::virtio
