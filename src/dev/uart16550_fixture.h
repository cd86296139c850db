// SPDX-License-Identifier: Apache-2.0
// What the tests of the 16550 share: the model with fakes around it, and its registers by name.
#pragma once

#include <gtest/gtest.h>

#include <string_view>
#include <vector>

#include "dev/fakes.h"
#include "dev/uart16550.h"

namespace takt {

struct Uart16550Fixture : testing::Test {
  using Bytes = std::vector<std::uint8_t>;
  static constexpr unsigned rbr = 0, thr = 0, dll = 0, ier = 1, dlm = 1, iir = 2, fcr = 2, lcr = 3,
                            mcr = 4, lsr = 5, msr = 6, scr = 7;

  std::uint8_t in(unsigned reg) { return fakes::inb(uart, reg); }
  void out(unsigned reg, unsigned value) {
    fakes::outb(uart, reg, static_cast<std::uint8_t>(value));
  }
  /// The host's terminal types; true when the model has taken all of it.
  bool type(std::string_view text) {
    bool all = true;
    for (const char c : text) all = uart.receive(static_cast<std::uint8_t>(c)) && all;
    return all;
  }
  /// The guest writes to THR.
  void send(std::string_view text) {
    for (const char c : text) out(thr, static_cast<std::uint8_t>(c));
  }

  fakes::RecordingIrqSink line;
  fakes::RecordingByteSink sink;
  LevelIrq irq{line};
  Uart16550 uart{irq, sink};
};

}  // namespace takt
