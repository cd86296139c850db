// SPDX-License-Identifier: Apache-2.0
// Packets to the guest. virtio 1.2, 5.10.6.
#include <algorithm>
#include <bit>
#include <utility>

#include "virtio/vsock.h"

namespace takt::virtio {

using namespace vsock;

bool Vsock::wanted() const RT {
  return resets_count_ != 0 || std::ranges::any_of(wanted_, [](auto word) { return word != 0; });
}

/// In turn: after the one that this gave last.
Connection* Vsock::next_wanted() RT {
  const std::size_t all = wanted_.size() * 64;
  for (std::size_t n = 0; n < wanted_.size() + 1; ++n) {
    const std::uint64_t word = wanted_[next_ / 64] >> next_ % 64;
    if (word != 0) {
      const std::size_t found = next_ + static_cast<std::size_t>(std::countr_zero(word));
      next_ = (found + 1) % all;
      return &table_[found];
    }
    next_ = (next_ / 64 + 1) * 64 % all;
  }
  return nullptr;
}

bool Vsock::fill_buffers() RT {
  bool worked = false;
  std::uint32_t bytes = 0;
  for (unsigned n = 0; n < packets_in_a_turn && bytes < bytes_in_a_turn; ++n) {
    if (!running(rx_queue) || !lanes_[rx_queue].pending || !wanted()) break;
    if (!pop(rx_queue)) continue;
    worked = true;
    if (chain_.writable_bytes() < sizeof(Header)) {
      ++counters_.small_buffers;
      push(rx_queue, 0);
      continue;
    }
    const std::uint32_t written =
        resets_count_ != 0 ? fill_with_reset() : fill_from(*next_wanted(), bytes_in_a_turn - bytes);
    if (written == 0)
      queues_[rx_queue].undo_pop();
    else
      push(rx_queue, written);
    bytes += written;
  }
  return worked;
}

Header Vsock::header_for(Ports ports) const RT {
  Header header;
  header.src_cid = host_cid;
  header.dst_cid = guest_cid_;
  header.src_port = ports.host;
  header.dst_port = ports.guest;
  return header;
}

void Vsock::put_header(const Header& header) RT {
  static_cast<void>(chain_.write(0, std::as_bytes(std::span{&header, 1})));
}

/// Resets go before all else: a connection with the same ports may be there again.
std::uint32_t Vsock::fill_with_reset() RT {
  Header header = header_for(resets_[resets_begin_]);
  header.op = std::to_underlying(Op::rst);
  resets_begin_ = (resets_begin_ + 1) % resets_.size();
  --resets_count_;
  put_header(header);
  return sizeof header;
}

/// A packet of the connection's into chain_; returns its length, or 0 when there is none after all.
std::uint32_t Vsock::fill_from(Connection& c, std::uint32_t most) RT {
  Header header = header_for({c.guest_port, c.host_port});
  const std::uint64_t room = chain_.writable_bytes() - sizeof header;
  if (c.owed != 0) {
    c.take_owed(header);
  } else if (room == 0) {  // and yet it has to be used for something
    ++counters_.small_buffers;
    header.op = std::to_underlying(Op::credit_update);
  } else {
    const std::uint64_t bytes = std::min<std::uint64_t>({room, c.credit(), most});
    static_cast<void>(pieces_.take(chain_.writable(), sizeof header, bytes));
    const auto got = backend_.receive(stream_of(c), pieces_.span());
    c.readable = got.bytes != 0;
    if (got.ended) c.shut_host(shut_send);
    if (got.bytes == 0) return settle(c), 0;
    header.op = std::to_underlying(Op::rw);
    header.len = static_cast<std::uint32_t>(got.bytes);
    c.tx_cnt += header.len;
    c.owed = static_cast<std::uint8_t>(c.owed & ~Connection::owe_credit_update);
  }
  header.buf_alloc = c.ring.capacity();
  header.fwd_cnt = c.fwd_told = c.fwd_cnt;
  put_header(header);
  settle(c);
  return static_cast<std::uint32_t>(sizeof header) + header.len;
}

}  // namespace takt::virtio
