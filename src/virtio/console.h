// SPDX-License-Identifier: Apache-2.0
// A console device with several ports: consoles, which the guest's kernel prints on, and plain
// ones. virtio 1.2, 5.3.
//
// Output goes to a port's sink in pieces of the guest's own buffers; while the sink is full the
// rest stays in the guest's ring. Input goes straight into the guest's buffers. So there is no
// buffer here, and nothing is lost in either direction.
//
// A port is driven by the host as a UART is: receive() and tx_resume(), under what serialises the
// device. Not modelled: ports that come and go (PORT_REMOVE).
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "bus/byte_sink.h"
#include "virtio/console_format.h"
#include "virtio/model.h"

namespace takt::virtio {

struct ConsolePort {
  std::string name;          // what Linux shows in /sys/class/virtio-ports; may be empty
  bool is_console = false;   // the driver makes a terminal of it
  ByteSink* sink = nullptr;  // null: output goes nowhere
};

class ConsoleDevice final : public Model {
 public:
  static constexpr std::uint16_t queue_size = 64;
  static constexpr std::size_t most_ports = 16;
  static constexpr std::size_t bytes_in_a_turn = 4096;
  static constexpr unsigned chains_in_a_turn = 64;  // of a queue

  /// What the driver has said, and is owed.
  struct Port {
    bool ready = false;      // PORT_READY
    bool open = false;       // by the guest
    bool connected = true;   // by the host
    std::uint8_t owed = 0;   // control messages for the driver, a bit each
    std::uint64_t sent = 0;  // bytes of the first chain of its transmit queue that are out
  };
  struct State {
    std::uint64_t features = 0;
    std::uint16_t cols = 0;
    std::uint16_t rows = 0;
    std::array<Port, most_ports> ports{};
  };
  struct Counters {
    std::uint64_t bad_control = 0;     // messages of the driver's that make no sense
    std::uint64_t emergency_lost = 0;  // EMERG_WRITE into a full sink
  };

  /// At least one port; the first is the one that a driver without MULTIPORT has.
  explicit ConsoleDevice(std::span<const ConsolePort> ports);

  [[nodiscard]] std::string_view name() const override { return "virtio-console"; }
  [[nodiscard]] std::uint32_t device_id() const override { return 3; }
  [[nodiscard]] std::uint64_t features() const override;
  [[nodiscard]] std::span<const std::uint16_t> queue_sizes() const override { return sizes_; }
  [[nodiscard]] std::uint64_t read_config(std::uint64_t offset, Width width) RT override;
  void write_config(std::uint64_t offset, Width width, std::uint64_t value) RT override;
  void start(std::uint64_t features, std::span<Virtqueue> queues,
             Interrupts& interrupts) RT override;
  [[nodiscard]] bool stop() RT override;
  [[nodiscard]] bool stop_queue(unsigned queue) RT override;
  void restart_queue(unsigned queue) RT override;
  void notified(unsigned queue) RT override;
  Worked work() RT override;

  // --- the host's side ---
  /// Input; returns how many bytes, from the front, the guest had room for. None before the guest
  /// has opened the port.
  std::size_t receive(std::size_t port, std::span<const std::uint8_t> bytes) RT;
  /// Bytes that receive() takes now, at least; more may fit. 0: none.
  [[nodiscard]] std::uint64_t room(std::size_t port) RT;
  /// The sink has room again: sends what waits, at most bytes_in_a_turn.
  void tx_resume(std::size_t port) RT;
  /// The terminal's size has changed; the guest's consoles are told.
  void resize(std::uint16_t cols, std::uint16_t rows) RT;
  /// Whether somebody is at the host's end; at first, yes.
  void connect(std::size_t port, bool connected) RT;

  [[nodiscard]] const State& state() const RT { return state_; }
  [[nodiscard]] const Counters& counters() const RT { return counters_; }

  /// A port's queues (5.3.2). The control queues stand behind the first port's.
  [[nodiscard]] static constexpr unsigned rx_queue(std::size_t port) {
    return static_cast<unsigned>(port == 0 ? 0 : 2 * port + 2);
  }
  [[nodiscard]] static constexpr unsigned tx_queue(std::size_t port) { return rx_queue(port) + 1; }
  static constexpr unsigned control_rx = 2;
  static constexpr unsigned control_tx = 3;

 private:
  struct Lane {
    bool pending = false;   // the driver may have put something there
    bool stopping = false;  // the queue is being reset
    bool used = false;      // and no interrupt yet
  };
  struct Message;

  [[nodiscard]] bool multiport() const RT {
    return (state_.features & console::feature::multiport) != 0;
  }
  [[nodiscard]] bool exists(std::size_t port) const RT;
  [[nodiscard]] bool running(unsigned queue) const RT;
  [[nodiscard]] bool pop(unsigned queue) RT;
  void push(unsigned queue, std::uint32_t written) RT;
  bool transmit(std::size_t port, std::size_t& budget) RT;
  std::size_t send(std::size_t port, std::size_t most) RT;
  bool take_controls() RT;
  void take_control(const console::Control& control) RT;
  void port_is_ready(Port& port, std::size_t index, bool ready) RT;
  bool send_controls() RT;
  void send_control(std::size_t port, unsigned bit) RT;
  void interrupt() RT;

  const std::vector<ConsolePort> wiring_;
  std::vector<std::uint16_t> sizes_;
  State state_;
  Counters counters_;

  std::span<Virtqueue> queues_;
  Interrupts* interrupts_ = nullptr;        // null: not started
  std::vector<Lane> lanes_;                 // by queue
  std::array<bool, most_ports> blocked_{};  // until tx_resume()
  std::size_t next_port_ = 0;               // whose turn it is
  Chain chain_;                             // what pop() gave
};

}  // namespace takt::virtio
