// SPDX-License-Identifier: Apache-2.0
// A driver that does anything to a console device, and a host that types, is full at times, comes
// and goes. Invariants: a turn is bounded and work ends; input
// that there is room for is taken.
#include <span>

#include "virtio/console.h"
#include "virtio/test_driver.h"
#include "virtio/test_fuzz_input.h"

namespace takt::virtio {
namespace {

using namespace fakes;

class CountingSink final : public ByteSink {
 public:
  bool push(std::uint8_t) RT override {
    if (room == 0) return false;
    --room;
    ++taken;
    return true;
  }
  std::size_t room = 0;
  std::uint64_t taken = 0;
};

template <class Format>
class ConsoleTrial {
 public:
  explicit ConsoleTrial(const FuzzInput& in) : in_{in} { driver_.start(); }

  void run() {
    while (!in_.empty()) step();
  }

 private:
  std::uint8_t byte() { return in_.byte(); }
  std::size_t port() { return byte() % 3; }
  unsigned queue() { return byte() % 8u; }

  void step() {
    switch (byte() % 13) {
      case 0: return print();
      case 1: return offer();
      case 2: return control();
      case 3: return static_cast<void>(driver_.kick(queue()));
      case 4: return work();
      case 5: return receive();
      case 6: return resume();
      case 7: return device_.resize(byte(), byte());
      case 8: return device_.connect(port(), (byte() & 1) != 0);
      case 9: return scribble();
      case 10: return reset();
      case 11: return device_.write_config(byte() % 16, Width::b4, byte());
      default: return collect();
    }
  }

  void print() {
    std::vector<Bytes> out;
    for (unsigned n = byte() % 4; n > 0; --n) out.emplace_back(byte() * (byte() % 32u));
    driver_.post(ConsoleDevice::tx_queue(port()), out);
  }
  void offer() {
    const unsigned at = queue();
    const std::uint32_t bytes = byte();
    static_cast<void>((byte() & 1) != 0 ? driver_.post(at, {}, {bytes})
                                        : driver_.post_indirect(at, {}, {bytes, 8}));
  }
  void control() {
    const console::Control control{byte() % 5u, static_cast<std::uint16_t>(byte() % 9),
                                   static_cast<std::uint16_t>(byte() & 1)};
    Bytes bytes = bytes_of(control);
    bytes.resize(byte() % 8 == 0 ? byte() % 16u : bytes.size());
    driver_.post(ConsoleDevice::control_tx, {bytes});
    driver_.kick(ConsoleDevice::control_tx);
  }
  std::uint64_t taken() const { return sinks_[0].taken + sinks_[1].taken; }
  void work() {
    for (unsigned turns = 0; turns < 5000; ++turns) {
      const std::uint64_t before = taken();
      const Worked worked = device_.work();
      require(taken() - before <= ConsoleDevice::bytes_in_a_turn);
      if (worked != Worked::some) return;
    }
    std::abort();
  }
  void receive() {
    const std::size_t at = port();
    const std::vector<std::uint8_t> text(byte());
    const std::uint64_t room = device_.room(at);
    const std::size_t got = device_.receive(at, text);
    require(got <= text.size() && got >= std::min<std::uint64_t>(room, text.size()));
  }
  void resume() {
    const std::size_t at = port();
    const std::uint64_t before = taken();
    if (at < 2) sinks_[at].room = byte() * 32u;
    device_.tx_resume(at);
    require(taken() - before <= ConsoleDevice::bytes_in_a_turn);
  }
  void scribble() {
    const auto all = driver_.memory().all();
    for (unsigned n = byte() % 8; n > 0; --n) {
      const std::size_t at = byte() * 256u + byte();
      all[at % 32768] = static_cast<std::byte>(byte());
    }
  }
  void reset() {
    const unsigned which = queue();
    if (byte() % 4 == 0) {
      require(driver_.stop());
      driver_.start((byte() & 1) != 0 ? device_.features() | TestDriver<Format>::ring_features
                                      : TestDriver<Format>::ring_features);
    } else if ((byte() & 1) != 0) {
      require(device_.stop_queue(which));
    } else {
      device_.restart_queue(which);
    }
  }
  void collect() {
    for (unsigned at = 0; at < 8; ++at)
      for (int n = 0; n < 64 && driver_.collect(at); ++n) {
      }
  }

  FuzzInput in_;
  std::array<CountingSink, 2> sinks_;
  std::array<ConsolePort, 3> ports_{ConsolePort{"", true, &sinks_[0]},
                                    ConsolePort{"agent", false, &sinks_[1]},
                                    ConsolePort{"none", true, nullptr}};
  ConsoleDevice device_{ports_};
  TestDriver<Format> driver_{device_, 512 << 10};
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2 || size > 4096) return 0;
  return takt::virtio::fakes::run_trial<takt::virtio::ConsoleTrial>({data, size});
}
