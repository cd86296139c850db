// SPDX-License-Identifier: Apache-2.0
// The console's server: moves bytes between a UART and the outside. A vCPU thread only ever puts a
// byte on a ring; terminals, files and pipes, which can block, are met by the server thread alone.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/fd.h"
#include "base/result.h"
#include "base/spsc_ring.h"
#include "bus/byte_sink.h"
#include "host/console_endpoint.h"
#include "host/escape.h"

namespace takt {

/// What the console does to the device at its other side; called on the server thread.
struct ConsoleClient {
  /// There is room for output again.
  std::function<void()> tx_resume = [] {};
  /// Offers input; returns how many bytes, from the front, were taken.
  std::function<std::size_t(std::span<const std::uint8_t>)> receive = [](auto) { return 0u; };
  /// The user typed the escape sequence: to end takt, or to press the machine's power button.
  std::function<void()> quit = [] {};
  std::function<void()> power_button = [] {};
};

class Console : public ByteSink {
 public:
  static Result<std::unique_ptr<Console>> create(ConsoleEndpoint endpoint);

  /// Device side, under the device's lock: the ring has one producer.
  [[nodiscard]] bool push(std::uint8_t byte) RT override;

  /// The server thread's body. Returns after stop(), when all output is out or has been stuck for
  /// a second.
  void serve(const ConsoleClient& client);
  /// Any thread.
  void stop() noexcept;

  /// Output bytes dropped because nobody had the pty open.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_.load(std::memory_order_relaxed); }

 private:
  enum class Output : std::uint8_t { written, nothing, blocked };
  struct Ready {
    bool in = false;
    bool out = false;
  };

  Console(ConsoleEndpoint endpoint, Fd wake) : end_{std::move(endpoint)}, wake_{std::move(wake)} {}
  void fill_output();
  Output write_output();
  void read_input(const ConsoleClient& client);
  void offer_input(const ConsoleClient& client);
  [[nodiscard]] bool idle();
  Ready wait(bool want_out);
  void finish();

  SpscRing<std::uint8_t, 16384> ring_;
  std::atomic<bool> asleep_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> dropped_ = 0;
  ConsoleEndpoint end_;
  Fd wake_;
  EscapeFilter escape_;

  // server thread only
  std::array<std::uint8_t, 512> out_buffer_{};
  std::span<const std::uint8_t> out_pending_;
  std::array<std::uint8_t, 16384> in_buffer_{};  // more typed ahead than this is lost
  std::span<const std::uint8_t> in_pending_;
  bool in_open_ = true;
  int retry_ms_ = 1;
};

}  // namespace takt
