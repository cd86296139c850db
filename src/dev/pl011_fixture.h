// SPDX-License-Identifier: Apache-2.0
// What the tests of the PL011 share: the model with fakes around it, and its registers by name.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "dev/fakes.h"
#include "dev/pl011.h"

namespace takt {

struct Pl011Fixture : testing::Test {
  static constexpr unsigned dr = 0x00, rsr = 0x04, ecr = 0x04, fr = 0x18, ilpr = 0x20, ibrd = 0x24,
                            fbrd = 0x28, lcr_h = 0x2c, cr = 0x30, ifls = 0x34, imsc = 0x38,
                            ris = 0x3c, mis = 0x40, icr = 0x44, dmacr = 0x48;
  static constexpr unsigned oe = 0x400, rt = 0x40, tx = 0x20, rx = 0x10;  // interrupts
  static constexpr unsigned txfe = 0x80, rxff = 0x40, txff = 0x20, rxfe = 0x10, busy = 0x08;  // FR

  std::uint32_t in(unsigned reg) { return fakes::in32(uart, reg); }
  void out(unsigned reg, std::uint32_t value) { fakes::out32(uart, reg, value); }
  /// The host's terminal types; true when the model has taken all of it.
  bool type(std::string_view text) {
    bool all = true;
    for (const char c : text) all = uart.receive(static_cast<std::uint8_t>(c)) && all;
    return all;
  }
  /// The guest writes to DR.
  void send(std::string_view text) {
    for (const char c : text) out(dr, static_cast<std::uint8_t>(c));
  }
  [[nodiscard]] std::string sent() const { return {sink.bytes.begin(), sink.bytes.end()}; }

  fakes::RecordingIrqSink line;
  fakes::RecordingByteSink sink;
  LevelIrq irq{line};
  Pl011 uart{irq, sink};
};

}  // namespace takt
