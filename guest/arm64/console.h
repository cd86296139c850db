// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace probe::arm64 {

/// Readies the UART of `platform()` for output without interrupts. What is written before goes
/// nowhere, as it does without a UART.
void start_console();

struct Register {
  std::uintptr_t at;
  unsigned bytes;  // 1 or 4
};
/// One of the UART's that merely stores: the PL011's IBRD, the 16550's SCR. There must be a UART.
Register idle_register();

}  // namespace probe::arm64
