// SPDX-License-Identifier: Apache-2.0
// Packets from the guest. virtio 1.2, 5.10.6.
#include <algorithm>
#include <utility>

#include "virtio/vsock.h"

namespace takt::virtio {

using namespace vsock;
using Phase = Connection::Phase;

/// Any packet may end in one reset, and each connection that is there in another one.
bool Vsock::may_take() const RT {
  return lanes_[tx_queue].pending && resets_.size() - resets_count_ > live_;
}

bool Vsock::take_packets() RT {
  bool worked = false;
  std::uint64_t bytes = 0;
  for (unsigned n = 0; n < packets_in_a_turn && bytes < bytes_in_a_turn; ++n) {
    if (!running(tx_queue) || !may_take()) break;
    if (!pop(tx_queue)) continue;
    bytes += std::min<std::uint64_t>(chain_.readable_bytes(), bytes_in_a_turn);
    take_packet();
    push(tx_queue, 0);
    worked = true;
  }
  return worked;
}

/// The one in chain_. 5.10.6.4.2: what is for somebody else is dropped, another type of socket is
/// answered with a reset, as is all that belongs to no connection. A reset is not answered.
void Vsock::take_packet() RT {
  Header header;
  const auto copy = std::as_writable_bytes(std::span{&header, 1});
  const bool whole = chain_.read(0, copy) == sizeof header &&
                     chain_.readable_bytes() - sizeof header >= header.len;
  if (!whole || header.src_cid != guest_cid_ || header.dst_cid != host_cid)
    return void(++counters_.malformed);
  const Ports ports{header.src_port, header.dst_port};
  const Op op{header.op};
  if (header.type != type_stream) {
    if (op != Op::rst) put_reset(ports);
    return;
  }
  if (Connection* c = find(ports)) return take_for(*c, header);
  if (op == Op::request) return take_request(ports, header);
  if (op != Op::rst) put_reset(ports);
}

void Vsock::take_for(Connection& c, const Header& header) RT {
  c.peer_buf_alloc = header.buf_alloc;
  c.peer_fwd_cnt = header.fwd_cnt;
  if (c.credit() > 0) c.credit_asked = false;
  const Op op{header.op};
  if (op == Op::rst) return drop(c, false);
  if (op == Op::response) return take_response(c);
  if (c.phase != Phase::open) return drop(c, true);
  switch (op) {
    case Op::shutdown: return take_shutdown(c, header.flags);
    case Op::rw: return take_data(c, header);
    case Op::credit_update: return settle(c);
    case Op::credit_request: c.owe(Connection::owe_credit_update); return settle(c);
    default: return drop(c, true);
  }
}

void Vsock::take_request(Ports ports, const Header& header) RT {
  const auto stream = backend_.connect(ports.host);
  if (!stream) {
    ++counters_.refused;
    return put_reset(ports);
  }
  Connection& c = open(*stream, ports, Phase::open);
  c.peer_buf_alloc = header.buf_alloc;
  c.peer_fwd_cnt = header.fwd_cnt;
  c.owe(Connection::owe_response);
  ++counters_.connections;
  settle(c);
}

void Vsock::take_response(Connection& c) RT {
  if (c.phase != Phase::requested || (c.owed & Connection::owe_request) != 0) return drop(c, true);
  c.phase = Phase::open;
  ++counters_.connections;
  backend_.accept(stream_of(c), c.host_port);
  settle(c);
}

void Vsock::take_shutdown(Connection& c, std::uint32_t flags) RT {
  c.guest_shut = static_cast<std::uint8_t>(c.guest_shut | (flags & shut_both));
  flush(c);
}

/// To the host directly, as long as nothing waits before it.
void Vsock::take_data(Connection& c, const Header& header) RT {
  if ((c.guest_shut & shut_send) != 0) return drop(c, true);
  if (header.len > c.ring.room()) {
    ++counters_.over_credit;
    return drop(c, true);
  }
  std::uint32_t sent = 0;
  if ((c.host_shut & shut_receive) == 0 && c.ring.empty() && c.writable && header.len != 0 &&
      pieces_.take(chain_.readable(), sizeof header, header.len)) {
    const auto now = backend_.send(stream_of(c), pieces_.span());
    sent = static_cast<std::uint32_t>(now.bytes);
    c.writable = sent == header.len;
    c.forwarded(sent);
    if (now.gone) c.shut_host(shut_receive);
  }
  c.ring.put(chain_, sizeof header + sent, header.len - sent);
  flush(c);
}

void Vsock::put_reset(Ports ports) RT {
  ++counters_.resets;
  resets_[(resets_begin_ + resets_count_++) % resets_.size()] = ports;
}

}  // namespace takt::virtio
