// SPDX-License-Identifier: Apache-2.0
// One connection of a socket device: its ports, credit in both directions, and the bytes that the
// guest has sent and the host has not taken yet. virtio 1.2, 5.10.6.3.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/rt.h"
#include "virtio/chain.h"
#include "virtio/vsock_format.h"

namespace takt::virtio::vsock {

/// A ring of bytes in a buffer that is somebody else's.
class ByteRing {
 public:
  void attach(std::span<std::byte> buffer) RT { buffer_ = buffer; }
  [[nodiscard]] std::uint32_t size() const RT { return size_; }
  [[nodiscard]] bool empty() const RT { return size_ == 0; }
  [[nodiscard]] std::uint32_t room() const RT { return capacity() - size_; }
  [[nodiscard]] std::uint32_t capacity() const RT {
    return static_cast<std::uint32_t>(buffer_.size());
  }
  /// Takes `bytes`, which it has room for, of what can be read of `chain` from `offset` on.
  void put(const Chain& chain, std::uint64_t offset, std::uint32_t bytes) RT;
  /// What there is, the oldest first; the second one may be empty.
  [[nodiscard]] std::array<iovec, 2> pieces() const RT;
  void drop(std::uint32_t bytes) RT;

 private:
  std::span<std::byte> buffer_;
  std::uint32_t begin_ = 0;
  std::uint32_t size_ = 0;
};

struct Connection {
  enum class Phase : std::uint8_t {
    none,
    requested,  // by the host; the guest has not answered
    open,
  };
  /// Packets that the guest is to get, in this order. A bit each in `owed`.
  enum Owed : std::uint8_t {
    owe_request = 1,
    owe_response = 2,
    owe_shutdown = 4,
    owe_credit_request = 8,
    owe_credit_update = 16,
  };

  Phase phase = Phase::none;
  std::uint8_t owed = 0;
  std::uint8_t guest_shut = 0;  // what the guest does no more: shut_receive, shut_send
  std::uint8_t host_shut = 0;
  bool readable = false;  // the host may have something
  bool writable = false;  // and may take something
  bool finished = false;  // the host knows that the guest sends no more
  bool credit_asked = false;
  std::uint32_t guest_port = 0;
  std::uint32_t host_port = 0;

  // From the guest: what it may send is told by these.
  ByteRing ring;
  std::uint32_t fwd_cnt = 0;   // bytes that have left the ring, or passed it by
  std::uint32_t fwd_told = 0;  // fwd_cnt in the last packet

  // To the guest.
  std::uint32_t tx_cnt = 0;
  std::uint32_t peer_buf_alloc = 0;
  std::uint32_t peer_fwd_cnt = 0;

  /// Bytes that the guest has room for. 0 when it says what cannot be.
  [[nodiscard]] std::uint32_t credit() const RT {
    const std::uint32_t there = tx_cnt - peer_fwd_cnt;
    return there < peer_buf_alloc ? peer_buf_alloc - there : 0;
  }
  /// There is, or may be, something to be sent to the guest.
  [[nodiscard]] bool may_receive() const RT {
    return phase == Phase::open && readable && (guest_shut & shut_receive) == 0 &&
           (host_shut & shut_send) == 0;
  }
  [[nodiscard]] bool wants_guest() const RT { return owed != 0 || (may_receive() && credit() > 0); }

  void owe(Owed what) RT { owed = static_cast<std::uint8_t>(owed | what); }
  /// Bytes from the guest have been passed on. The guest is told when it may have no room for half
  /// of the buffer without knowing better.
  void forwarded(std::uint32_t bytes) RT;
  /// The host takes, or sends, no more.
  void shut_host(std::uint8_t what) RT;
  /// The next packet that is owed, with its flags. At least one is.
  void take_owed(Header& header) RT;
};

}  // namespace takt::virtio::vsock
