// SPDX-License-Identifier: Apache-2.0
#include "virtio/vsock_connection.h"

#include <algorithm>
#include <utility>

namespace takt::virtio::vsock {

void ByteRing::put(const Chain& chain, std::uint64_t offset, std::uint32_t bytes) RT {
  const std::uint32_t end = (begin_ + size_) % capacity();
  const std::uint32_t first = std::min(bytes, capacity() - end);
  static_cast<void>(chain.read(offset, buffer_.subspan(end, first)));
  static_cast<void>(chain.read(offset + first, buffer_.first(bytes - first)));
  size_ += bytes;
}

std::array<iovec, 2> ByteRing::pieces() const RT {
  const std::uint32_t first = std::min(size_, capacity() - begin_);
  return {iovec{buffer_.data() + begin_, first}, iovec{buffer_.data(), size_ - first}};
}

void ByteRing::drop(std::uint32_t bytes) RT {
  size_ -= bytes;
  begin_ = size_ == 0 ? 0 : (begin_ + bytes) % capacity();
}

void Connection::forwarded(std::uint32_t bytes) RT {
  fwd_cnt += bytes;
  if (fwd_cnt - fwd_told >= ring.capacity() / 2) owe(owe_credit_update);
}

void Connection::shut_host(std::uint8_t what) RT {
  if ((host_shut & what) == what) return;
  host_shut = static_cast<std::uint8_t>(host_shut | what);
  owe(owe_shutdown);
}

/// Each packet tells the credit.
void Connection::take_owed(Header& header) RT {
  struct Packet {
    Owed bit;
    Op op;
  };
  static constexpr std::array<Packet, 5> packets{{{owe_request, Op::request},
                                                  {owe_response, Op::response},
                                                  {owe_shutdown, Op::shutdown},
                                                  {owe_credit_request, Op::credit_request},
                                                  {owe_credit_update, Op::credit_update}}};
  const auto* next =
      std::ranges::find_if(packets, [this](const Packet& p) { return (owed & p.bit) != 0; });
  owed = static_cast<std::uint8_t>(owed & ~(next->bit | owe_credit_update));
  header.op = std::to_underlying(next->op);
  if (next->op == Op::shutdown) header.flags = host_shut;
}

}  // namespace takt::virtio::vsock
