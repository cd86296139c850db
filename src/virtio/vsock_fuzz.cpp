// SPDX-License-Identifier: Apache-2.0
// A driver that sends any packets over any rings, and a host that calls, talks, is full, hangs up.
// Invariants: the backend's contract; a turn ends, and work too; there are as
// many connections as open streams; a buffer is never more than full.
#include <span>

#include "virtio/test_fuzz_input.h"
#include "virtio/vsock.h"
#include "virtio/vsock_fixture.h"

namespace takt::virtio {
namespace {

using namespace fakes;
using vsock::Header;

template <class Format>
class VsockTrial {
 public:
  explicit VsockTrial(const FuzzInput& in) : in_{in} { driver_.start(); }

  void run() {
    while (!in_.empty()) {
      step();
      check();
    }
    require(driver_.stop());
    for (const auto& peer : host_.peers) require(!peer.open || waits(peer));
  }

 private:
  std::uint8_t byte() { return in_.byte(); }
  VsockBackend::Stream stream() { return byte() % 4; }

  void step() {
    switch (byte() % 14) {
      case 0:
      case 1:
      case 2:
      case 3: return put();
      case 4: return offer();
      case 5: return work();
      case 6: return collect();
      case 7: return static_cast<void>(host_.call(byte() % 4));
      case 8: return host_does();
      case 9: return static_cast<void>(host_.listens = byte() % 4 != 0);
      case 10: return scribble();
      case 11: return reset();
      case 12: return static_cast<void>(driver_.kick(byte() % 3));
      default: return answer();
    }
  }

  /// A packet for one of few ports.
  void put() {
    Header h;
    h.src_cid = byte() % 16 == 0 ? byte() : 3;
    h.dst_cid = byte() % 16 == 0 ? byte() : 2;
    h.src_port = byte() % 4;
    h.dst_port = byte() % 4 + (byte() % 2 == 0 ? Vsock::first_local_port : 0);
    h.type = byte() % 16 == 0 ? byte() : 1;
    h.op = byte() % 9;
    h.flags = byte() % 4;
    h.buf_alloc = byte() * (byte() % 64u);
    h.fwd_cnt = byte() * (byte() % 4u);
    send(h);
  }
  /// The answer that the device waits for, or a packet for a connection that is there.
  void answer() {
    const auto& c = device_.connections()[stream()];
    Header h;
    h.src_cid = 3;
    h.dst_cid = 2;
    h.src_port = c.guest_port;
    h.dst_port = c.host_port;
    h.op = c.phase == vsock::Connection::Phase::requested ? 2 : 4 + byte() % 4;
    h.flags = byte() % 4;
    h.buf_alloc = byte() * 64u;
    h.fwd_cnt = c.tx_cnt - byte() % 8u;
    send(h);
  }
  void send(Header h) {
    const Bytes data(byte() * (byte() % 8u), std::byte{'d'});
    h.len = static_cast<std::uint32_t>(byte() % 16 == 0 ? byte() : data.size());
    Bytes all = bytes_of(h);
    if (byte() % 16 == 0) all.resize(byte() % 44);
    all.insert(all.end(), data.begin(), data.end());
    const std::size_t cut = byte() % (all.size() + 1);
    const auto middle = all.begin() + static_cast<std::ptrdiff_t>(cut);
    driver_.post(Vsock::tx_queue, {Bytes(all.begin(), middle), Bytes(middle, all.end())});
    if (byte() % 4 != 0) driver_.kick(Vsock::tx_queue);
  }
  void offer() {
    const std::uint32_t bytes = byte() * 4u;
    driver_.post(Vsock::rx_queue, {}, {byte() % 8 == 0 ? byte() : 44u, bytes});
    driver_.kick(Vsock::rx_queue);
  }
  void work() {
    unsigned turns = 0;
    while (device_.work() == Worked::some) require(++turns < 5000);
    require(device_.work() == Worked::nothing);
  }
  void collect() {
    for (unsigned queue = 0; queue < 2; ++queue)
      for (int n = 0; n < 64 && driver_.collect(queue); ++n) {
      }
  }
  void host_does() {
    const auto s = stream();
    if (!host_.peers[s].open) return;
    switch (byte() % 4) {
      case 0: return host_.say(s, std::string(byte() * 8u, 'h'));
      case 1: return host_.end(s);
      case 2: return host_.hang_up(s);
      default: return host_.make_room(s, byte() * 8u);
    }
  }
  void scribble() {
    const auto all = driver_.memory().all();
    for (unsigned n = byte() % 8; n > 0; --n) {
      const std::size_t at = byte() * 256u + byte();
      all[at % 16384] = static_cast<std::byte>(byte());
    }
  }
  void reset() {
    const unsigned queue = byte() % 3;
    if (byte() % 4 == 0) {
      require(driver_.stop());
      driver_.start();
    } else if ((byte() & 1) != 0) {
      require(device_.stop_queue(queue));
    } else {
      device_.restart_queue(queue);
    }
  }

  /// The device has not looked at it yet.
  bool waits(const FakeHost::Peer& peer) const {
    return std::ranges::any_of(host_.events, [&](const VsockBackend::Event& e) {
      return e.incoming && &host_.peers[e.stream] == &peer;
    });
  }
  void check() {
    require(host_.sound);
    std::size_t live = 0;
    for (std::size_t n = 0; n < host_.peers.size(); ++n) {
      const auto& c = device_.connections()[n];
      const bool there = c.phase != vsock::Connection::Phase::none;
      live += there ? 1 : 0;
      require(host_.peers[n].open == (there || waits(host_.peers[n])));
      require(c.ring.size() <= c.ring.capacity());
    }
    require(live == device_.live());
  }

  FuzzInput in_;
  FakeHost host_;
  Vsock device_{3, host_, 1024};
  TestDriver<Format> driver_{device_, 512 << 10};
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  return takt::virtio::fakes::run_trial<takt::virtio::VsockTrial>({data, size});
}
