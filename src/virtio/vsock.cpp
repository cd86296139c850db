// SPDX-License-Identifier: Apache-2.0
#include "virtio/vsock.h"

#include <algorithm>
#include <utility>

#include "base/result.h"
#include "virtio/config_bytes.h"

namespace takt::virtio {

using namespace vsock;
using Phase = Connection::Phase;

namespace {

constexpr std::size_t more_resets = 64;  // for connections that are none

}  // namespace

Vsock::Vsock(std::uint64_t guest_cid, VsockBackend& backend, std::uint32_t buffer_bytes)
    : guest_cid_{guest_cid},
      backend_{backend},
      buffers_(std::size_t{backend.streams()} * std::max(buffer_bytes, 1024u)),
      table_(backend.streams()),
      ports_(backend.streams()),
      wanted_((table_.size() + 63) / 64),
      resets_(table_.size() + more_resets) {
  if (guest_cid <= host_cid) VMM_BUG("a guest's CID is 3 or above");
  const std::size_t each = std::max(buffer_bytes, 1024u);
  for (std::size_t n = 0; n < table_.size(); ++n)
    table_[n].ring.attach(std::span{buffers_}.subspan(n * each, each));
}

std::uint64_t Vsock::read_config(std::uint64_t offset, Width width) RT {
  return read_bytes(guest_cid_, offset, width);
}

void Vsock::start(std::uint64_t, std::span<Virtqueue> queues, Interrupts& interrupts) RT {
  queues_ = queues;
  interrupts_ = &interrupts;
  lanes_.fill(Lane{.pending = true});
}

bool Vsock::stop() RT {
  for (Connection& c : table_)
    if (c.phase != Phase::none) drop(c, false);
  resets_count_ = 0;
  interrupts_ = nullptr;
  queues_ = {};
  return true;
}

bool Vsock::stop_queue(unsigned queue) RT {
  lanes_[queue].stopping = true;
  return true;
}

void Vsock::restart_queue(unsigned queue) RT { lanes_[queue] = Lane{.pending = true}; }

Worked Vsock::work() RT {
  if (interrupts_ == nullptr) return Worked::nothing;
  const Worked events = take_events();
  bool worked = events != Worked::nothing;
  worked |= fill_buffers();  // before the guest's: what is owed makes room for more
  worked |= take_packets();
  worked |= fill_buffers();
  interrupt();
  const bool more = (wanted() && running(rx_queue) && lanes_[rx_queue].pending) ||
                    (may_take() && running(tx_queue));
  if (more || events == Worked::some) return Worked::some;
  return worked ? Worked::all : Worked::nothing;
}

// --- queues ---

bool Vsock::running(unsigned queue) const RT {
  return interrupts_ != nullptr && !lanes_[queue].stopping;
}

/// The next chain, into chain_.
bool Vsock::pop(unsigned queue) RT {
  const Pop got = queues_[queue].pop(chain_);
  if (got == Pop::chain) return true;
  if (got == Pop::broken) interrupts_->needs_reset();
  lanes_[queue].pending = got == Pop::none && queues_[queue].enable_kicks();
  return false;
}

void Vsock::push(unsigned queue, std::uint32_t written) RT {
  queues_[queue].push(chain_, written);
  lanes_[queue].used = true;
}

void Vsock::interrupt() RT {
  for (unsigned queue = 0; queue < lanes_.size(); ++queue)
    if (std::exchange(lanes_[queue].used, false) && queues_[queue].needs_interrupt())
      interrupts_->queue_used(queue);
}

// --- connections ---

Connection* Vsock::find(Ports ports) RT {
  for (std::size_t n = 0; n < ports_.size(); ++n)
    if (ports_[n] == ports && table_[n].phase != Phase::none) return &table_[n];
  return nullptr;
}

Vsock::Stream Vsock::stream_of(const Connection& c) const RT {
  return static_cast<Stream>(&c - table_.data());
}

Connection& Vsock::open(Stream stream, Ports ports, Phase phase) RT {
  if (stream >= table_.size()) VMM_BUG("a stream beyond VsockBackend::streams()");
  Connection& c = table_[stream];
  if (c.phase != Phase::none) VMM_BUG("a stream that is open already");
  c.phase = phase;
  c.guest_port = ports.guest;
  c.host_port = ports.host;
  c.readable = c.writable = true;
  ports_[stream] = ports;
  ++live_;
  return c;
}

/// `tell` the guest by a reset.
void Vsock::drop(Connection& c, bool tell) RT {
  const Stream stream = stream_of(c);
  if (tell) put_reset({c.guest_port, c.host_port});
  ByteRing ring = c.ring;
  ring.drop(ring.size());
  c = Connection{};
  c.ring = ring;
  wanted_[stream / 64] &= ~(1ull << stream % 64);
  --live_;
  backend_.close(stream);
}

/// After anything has happened to a connection that is still there.
void Vsock::settle(Connection& c) RT {
  if (c.may_receive() && c.credit() == 0 && !std::exchange(c.credit_asked, true))
    c.owe(Connection::owe_credit_request);
  const Stream stream = stream_of(c);
  const std::uint64_t bit = 1ull << stream % 64;
  if (c.wants_guest())
    wanted_[stream / 64] |= bit;
  else
    wanted_[stream / 64] &= ~bit;
}

/// Passes on what is in the ring, as far as the host takes it, and ends what has come to its end.
void Vsock::flush(Connection& c) RT {
  const Stream stream = stream_of(c);
  if (c.writable && !c.ring.empty() && (c.host_shut & shut_receive) == 0) {
    const auto pieces = c.ring.pieces();
    const auto sent =
        backend_.send(stream, std::span{pieces}.first(pieces[1].iov_len == 0 ? 1 : 2));
    c.writable = sent.bytes == c.ring.size();
    c.ring.drop(static_cast<std::uint32_t>(sent.bytes));
    c.forwarded(static_cast<std::uint32_t>(sent.bytes));
    if (sent.gone) c.shut_host(shut_receive);
  }
  if ((c.host_shut & shut_receive) != 0) {
    c.forwarded(c.ring.size());
    c.ring.drop(c.ring.size());
  }
  const bool guest_done = (c.guest_shut & shut_send) != 0 && c.ring.empty();
  const bool host_done = (c.host_shut & shut_receive) != 0;
  // Nothing can move any more in either direction: 5.10.6.5.
  if ((guest_done || host_done) && (c.guest_shut & shut_receive) != 0) return drop(c, true);
  if (guest_done && !std::exchange(c.finished, true)) backend_.finish_sending(stream);
  settle(c);
}

// --- from the host ---

Worked Vsock::take_events() RT {
  for (unsigned n = 0; n < events_in_a_turn; ++n) {
    const auto event = backend_.next_event();
    if (!event) return n == 0 ? Worked::nothing : Worked::all;
    take_event(*event);
  }
  return Worked::some;
}

void Vsock::take_event(const VsockBackend::Event& event) RT {
  if (event.incoming) return take_incoming(event);
  Connection& c = table_[event.stream];
  if (c.phase == Phase::none) return;
  if (c.phase == Phase::requested) {
    // What the guest has not been told of it need not forget.
    if (event.hung_up) drop(c, (c.owed & Connection::owe_request) == 0);
    return;
  }
  c.readable = c.writable = true;
  if (event.hung_up) c.shut_host(shut_receive);
  flush(c);
}

void Vsock::take_incoming(const VsockBackend::Event& event) RT {
  const bool room_for_reset = resets_.size() - resets_count_ > live_;
  if (event.hung_up || !room_for_reset) return backend_.close(event.stream);
  const Ports ports{event.port, local_port(event.port)};
  Connection& c = open(event.stream, ports, Phase::requested);
  c.owe(Connection::owe_request);
  settle(c);
}

/// One that this guest port has no connection with. There are fewer connections than ports.
std::uint32_t Vsock::local_port(std::uint32_t guest_port) RT {
  for (;;) {
    const std::uint32_t port = next_local_port_++;
    if (next_local_port_ == UINT32_MAX) next_local_port_ = first_local_port;
    if (find({guest_port, port}) == nullptr) return port;
  }
}

}  // namespace takt::virtio
