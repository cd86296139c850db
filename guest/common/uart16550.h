// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "common/machine.h"

namespace probe {

/// A 16550 for output, polled. `Port` has static `read(reg)` and `write(reg, value)` for the
/// registers 0..7 (PC16550D datasheet, 8.0) wherever they are.
template <class Port>
struct Uart16550 {
  /// 115200 8N1 with FIFO and without interrupts. Before any output.
  static void start() {
    Port::write(ier, 0);
    Port::write(lcr, lcr_dlab);
    Port::write(thr, 1);  // 115200 baud
    Port::write(ier, 0);
    Port::write(lcr, lcr_8n1);
    Port::write(fcr, fcr_enable_and_clear);
    Port::write(mcr, mcr_dtr_rts);
  }

  static void put(char c) {
    for (unsigned i = 0; i < thre_polls && (Port::read(lsr) & lsr_thre) == 0; ++i) machine::relax();
    Port::write(thr, static_cast<std::uint8_t>(c));
  }

  static constexpr unsigned thr = 0;  // DLL while DLAB is set
  static constexpr unsigned ier = 1;  // DLM while DLAB is set
  static constexpr unsigned fcr = 2;
  static constexpr unsigned lcr = 3;
  static constexpr unsigned mcr = 4;
  static constexpr unsigned lsr = 5;
  static constexpr unsigned scr = 7;
  static constexpr std::uint8_t lcr_dlab = 0x80;
  static constexpr std::uint8_t lcr_8n1 = 0x03;
  static constexpr std::uint8_t fcr_enable_and_clear = 0x07;
  static constexpr std::uint8_t mcr_dtr_rts = 0x03;
  static constexpr std::uint8_t lsr_thre = 0x20;
  static constexpr unsigned thre_polls = 1'000'000;  // then the byte is sent regardless
};

}  // namespace probe
