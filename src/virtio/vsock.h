// SPDX-License-Identifier: Apache-2.0
// A socket device: stream sockets between guest and host. virtio 1.2, 5.10. The host's streams are
// a VsockBackend's, and a connection has the number of its stream.
//
// What the guest sends goes from its buffer to the host, or, when that takes no more, into a buffer
// of the connection, which is what the guest has credit for. What the host sends waits at the host
// until the guest has both a receive buffer and credit. A connection that does not move holds up no
// other. Nothing is allocated after the constructor.
//
// A reset (RST) for the guest waits in a table that has room for one of each connection, beside a
// few for connections that never were; without room for another one nothing more is taken from the
// guest until it has made receive buffers available (5.10.6.1.1).
//
// Not modelled: seqpacket and datagram sockets, connections from guest to guest, time-outs (a guest
// that leaves a request of the host's unanswered keeps it waiting until the host hangs up), and the
// event queue's TRANSPORT_RESET.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "bus/vsock_backend.h"
#include "virtio/model.h"
#include "virtio/pieces.h"
#include "virtio/vsock_connection.h"

namespace takt::virtio {

class Vsock final : public Model {
 public:
  static constexpr unsigned rx_queue = 0;
  static constexpr unsigned tx_queue = 1;
  static constexpr unsigned event_queue = 2;
  static constexpr std::array<std::uint16_t, 3> sizes{128, 128, 16};
  static constexpr unsigned packets_in_a_turn = 32;        // in each direction
  static constexpr std::uint32_t bytes_in_a_turn = 65536;  // to the guest, and so many packets
  static constexpr unsigned events_in_a_turn = 32;
  static constexpr std::uint32_t first_local_port = 1u << 30;

  struct Counters {
    std::uint64_t malformed = 0;      // packets that are too short, or not from and for us
    std::uint64_t small_buffers = 0;  // receive buffers without room for a header
    std::uint64_t refused = 0;        // connections that the host did not take
    std::uint64_t resets = 0;         // RST for the guest
    std::uint64_t over_credit = 0;    // connections reset for data beyond what there was room for
    std::uint64_t connections = 0;    // opened, in either direction
  };

  /// `guest_cid` is at least 3. `buffer_bytes` for each of the backend's streams. The backend rings
  /// the bell of the server that calls work().
  Vsock(std::uint64_t guest_cid, VsockBackend& backend, std::uint32_t buffer_bytes = 32768);

  [[nodiscard]] std::string_view name() const override { return "virtio-vsock"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 19; }
  [[nodiscard]] std::uint64_t features() const override { return vsock::feature_stream; }
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t, Width, std::uint64_t) RT override {}
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  /// Closes all connections.
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned queue) RT override { lanes_[queue].pending = true; }
  Worked work() RT override;

  [[nodiscard]] const Counters& counters() const RT { return counters_; }
  [[nodiscard]] std::size_t live() const RT { return live_; }
  [[nodiscard]] std::span<const vsock::Connection> connections() const RT { return table_; }

 private:
  using Stream = VsockBackend::Stream;
  struct Lane {
    bool pending = false;   // the driver may have put something there
    bool stopping = false;  // the queue is being reset
    bool used = false;      // and no interrupt yet
  };
  struct Ports {
    std::uint32_t guest = 0;
    std::uint32_t host = 0;
    bool operator==(const Ports&) const = default;
  };

  // both directions, vsock.cpp
  [[nodiscard]] bool running(unsigned queue) const RT;
  [[nodiscard]] bool pop(unsigned queue) RT;
  void push(unsigned queue, std::uint32_t written) RT;
  void interrupt() RT;
  [[nodiscard]] vsock::Connection* find(Ports ports) RT;
  [[nodiscard]] Stream stream_of(const vsock::Connection& c) const RT;
  vsock::Connection& open(Stream stream, Ports ports, vsock::Connection::Phase phase) RT;
  void drop(vsock::Connection& c, bool tell) RT;
  void settle(vsock::Connection& c) RT;
  void flush(vsock::Connection& c) RT;

  // from the host
  Worked take_events() RT;
  void take_event(const VsockBackend::Event& event) RT;
  void take_incoming(const VsockBackend::Event& event) RT;
  [[nodiscard]] std::uint32_t local_port(std::uint32_t guest_port) RT;

  // from the guest, vsock_from_guest.cpp
  bool take_packets() RT;
  [[nodiscard]] bool may_take() const RT;
  void take_packet() RT;
  void take_for(vsock::Connection& c, const vsock::Header& header) RT;
  void take_request(Ports ports, const vsock::Header& header) RT;
  void take_response(vsock::Connection& c) RT;
  void take_shutdown(vsock::Connection& c, std::uint32_t flags) RT;
  void take_data(vsock::Connection& c, const vsock::Header& header) RT;
  void put_reset(Ports ports) RT;

  // to the guest, vsock_to_guest.cpp
  bool fill_buffers() RT;
  [[nodiscard]] bool wanted() const RT;
  [[nodiscard]] vsock::Connection* next_wanted() RT;
  [[nodiscard]] std::uint32_t fill_with_reset() RT;
  [[nodiscard]] std::uint32_t fill_from(vsock::Connection& c, std::uint32_t most) RT;
  [[nodiscard]] vsock::Header header_for(Ports ports) const RT;
  void put_header(const vsock::Header& header) RT;

  const std::uint64_t guest_cid_;
  VsockBackend& backend_;
  std::vector<std::byte> buffers_;
  std::vector<vsock::Connection> table_;  // by stream
  std::vector<Ports> ports_;              // the same, closer together: to be searched
  std::vector<std::uint64_t> wanted_;     // a bit each: wants_guest()
  std::size_t next_ = 0;                  // the connection whose turn it is
  std::size_t live_ = 0;
  std::vector<Ports> resets_;  // a ring
  std::size_t resets_begin_ = 0;
  std::size_t resets_count_ = 0;
  std::uint32_t next_local_port_ = first_local_port;
  Counters counters_;

  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;  // null: not started
  std::array<Lane, sizes.size()> lanes_{};
  Chain chain_;  // what pop() gave
  Pieces<Chain::most_pieces> pieces_;
};

}  // namespace takt::virtio
