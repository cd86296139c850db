// SPDX-License-Identifier: Apache-2.0
// A console: work of a device server, which moves bytes between a UART and the outside. A vCPU's
// thread only ever puts a byte on a ring. The server does not block on the outside either: it
// meets terminals, pipes and ptys when they are ready, and files through a thread of their own.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/spsc_ring.h"
#include "bus/byte_sink.h"
#include "bus/work.h"
#include "host/console_endpoint.h"
#include "host/escape.h"
#include "host/event_loop.h"
#include "host/stream.h"

namespace takt {

/// What the console does to the device at its other side, and for the user; called on the server's
/// thread. None of it blocks.
struct ConsoleClient {
  /// There is room for output again.
  std::function<void()> tx_resume = [] {};
  /// Offers input; returns how many bytes, from the front, were taken. A device without input
  /// drops it.
  std::function<std::size_t(std::span<const std::uint8_t>)> receive = [](auto bytes) {
    return bytes.size();
  };
  /// The user typed the escape sequence: to end takt, or to press the machine's power button.
  std::function<void()> quit = [] {};
  std::function<void()> power_button = [] {};
};

class Console final : public ByteSink, public Work {
 public:
  /// For `loop`, which ends before the console goes. `device` stands in the records.
  static Result<std::unique_ptr<Console>> create(ConsoleEndpoint endpoint, EventLoop& loop,
                                                 DeviceId device);
  /// Before the loop runs.
  void attach(ConsoleClient client) { client_ = std::move(client); }
  /// Starts the threads that files need, NAME-in and NAME-out. At the end of set-up: from here on
  /// input is taken from the outside.
  Result<> start(const std::string& name);
  /// Those threads.
  [[nodiscard]] std::vector<pid_t> threads() const;

  /// Device side, under the device's lock: the ring has one producer.
  [[nodiscard]] bool push(std::uint8_t byte) RT override;
  [[nodiscard]] std::size_t push_some(std::span<const std::uint8_t> bytes) RT override;

  Worked work() RT override;
  /// Writes out what is left, unless it has been stuck for a second in all.
  void finish() override;

  /// Output bytes that were lost: nobody had the pty open, or the file took no more. Any thread.
  [[nodiscard]] std::uint64_t dropped() const;

 private:
  Console(ConsoleEndpoint endpoint, EventLoop& loop, DeviceId device)
      : end_{std::move(endpoint)}, bell_{loop}, device_{device} {}
  Result<> watch_by(EventLoop& loop);
  bool fill_output() RT;
  bool write_output() RT;
  void drop_output() RT;
  void input_ready(std::uint32_t events) RT;
  void read_input() RT;
  void take_input(std::span<const std::uint8_t> bytes) RT;
  bool offer_input() RT;
  void look_again() RT;
  void set_watches() RT;
  void set_timer() RT;

  SpscRing<std::uint8_t, 16384> ring_;
  std::atomic<std::uint64_t> dropped_ = 0;
  ConsoleEndpoint end_;
  Bell& bell_;
  const DeviceId device_;
  ConsoleClient client_;
  Stream in_;
  Stream out_;
  Fd timer_;

  // server's thread only
  EscapeFilter escape_;
  std::array<std::uint8_t, 512> out_buffer_{};
  std::span<const std::uint8_t> out_pending_;
  std::array<std::uint8_t, 16384> in_buffer_{};  // more typed ahead than this is lost
  std::span<const std::uint8_t> in_pending_;
  bool in_open_ = true;
  bool out_blocked_ = false;  // until out_ is ready
  bool hung_up_ = false;      // nobody has the pty open; until timer_ is due
  bool offer_due_ = false;    // the device may take input now
  int retry_ms_ = 1;
  int timer_ms_ = 0;  // what timer_ was set to; 0 when it is not
};

}  // namespace takt
