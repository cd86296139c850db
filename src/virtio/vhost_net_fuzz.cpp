// SPDX-License-Identifier: Apache-2.0
// A network device that the kernel serves, with any commands, resets and rests, and a kernel that
// refuses and gives up. Invariants: the kernel is asked for what VhostPort allows only; it has what
// the driver uses, and nothing while the device rests or is stopped; a turn ends.
#include <array>
#include <optional>

#include "virtio/test_driver.h"
#include "virtio/test_fuzz_input.h"
#include "virtio/test_vhost.h"
#include "virtio/vhost_net.h"

namespace takt::virtio {
namespace {

using fakes::require;
using Input = fakes::FuzzInput;

constexpr std::size_t pairs = 3;
constexpr unsigned control = 2 * pairs;

class Trial {
 public:
  explicit Trial(Input& input) : input_{input}, driver_{net_, 256 << 10} { start(); }

  void run() {
    while (!input_.empty()) {
      step();
      if (input_.coin()) work();
      check();
    }
    for (fakes::FakePort& port : port_) port.refuses = false;
    stop();
    require(!any_runs());
  }

 private:
  void start() {
    constexpr std::uint64_t several = net_feature::mq | net_feature::ctrl_vq;
    const std::uint64_t without = input_.coin() ? several : 0;
    driver_.start((net_.features() | feature::version_1) & ~without, 16);
  }
  void stop() {
    for (int turns = 0; !driver_.stop(); ++turns) {
      require(turns < 2);
      work();
    }
  }

  void step() {
    switch (input_.byte() % 10) {
      case 0:
      case 1:
      case 2: return command();
      case 3: return scribble();
      case 4: net_.rest(); return require(!any_runs());
      case 5: stop(); return start();
      case 6: return reset_queue(input_.byte() % (control + 1));
      case 7: return net_.notified(input_.byte() % (control + 1));
      case 8: return kernel_does(port_[input_.byte() % pairs]);
      default: return read_and_write();
    }
  }

  void command() {
    const bool usual = input_.coin();
    const std::byte group{usual ? net_command::class_mq : input_.byte()};
    const std::byte code{usual ? net_command::vq_pairs_set : input_.byte()};
    fakes::Bytes data(input_.byte() % 4u, std::byte{input_.byte()});
    if (usual) data = fakes::bytes_of(static_cast<std::uint16_t>(input_.byte() % 5u));
    static_cast<void>(driver_.post(control, {{group, code}, data}, {input_.byte() % 2u}));
    net_.notified(control);
  }

  void scribble() {
    const auto all = driver_.memory().all();
    const std::size_t at = input_.word() % (16u << 10);
    for (unsigned n = input_.byte() % 9u; n > 0; --n) all[at + n] = std::byte{input_.byte()};
  }

  void reset_queue(unsigned queue) {
    for (int turns = 0; !net_.stop_queue(queue); ++turns) {
      require(turns < 2);
      work();
    }
    driver_.queue(queue).disable();
    if (input_.coin() &&
        driver_.queue(queue).enable(driver_.memory().guest(), driver_.ring(queue).layout(),
                                    fakes::Split::Ring::features))
      net_.restart_queue(queue);
  }

  void kernel_does(fakes::FakePort& port) {
    const unsigned queue = input_.byte() % 2u;
    switch (input_.byte() % 4) {
      case 0: port.refuses = !port.refuses; return;
      case 1: port.broken[queue] = true; return;
      case 2: port.used[queue] = true; return;
      default: port.next[queue] = input_.byte(); return;
    }
  }

  void read_and_write() {
    static_cast<void>(net_.read_config(input_.byte(), Width::b4));
    net_.write_config(input_.byte(), Width::b2, input_.byte());
  }

  void work() {
    Worked worked = Worked::some;
    for (int turns = 0; worked == Worked::some; ++turns) {
      require(turns < 1000);
      worked = net_.work();
    }
    const VhostNet::State& state = net_.state();
    for (unsigned queue = 0; queue < control; ++queue)
      require(state.queues[queue].with_kernel ==
              (state.queues[queue].enabled && queue < 2 * state.pairs));
  }

  [[nodiscard]] bool any_runs() const {
    return std::ranges::any_of(
        port_, [](const fakes::FakePort& port) { return port.runs[0] || port.runs[1]; });
  }

  void check() {
    for (unsigned queue = 0; queue < control; ++queue) {
      const fakes::FakePort& port = port_[queue / 2];
      require(port.misuses == 0);
      require(port.runs[queue % 2] == net_.state().queues[queue].with_kernel);
    }
  }

  Input& input_;
  std::array<fakes::FakePort, pairs> port_;
  std::array<VhostPort*, pairs> ports_{&port_[0], &port_[1], &port_[2]};
  VhostNet net_{ports_, MacAddress{2, 0, 0, 0, 0, 1}};
  fakes::TestDriver<fakes::Split> driver_;
};

}  // namespace
}  // namespace takt::virtio

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  takt::virtio::fakes::FuzzInput input{{data, size}};
  takt::virtio::Trial{input}.run();
  return 0;
}
