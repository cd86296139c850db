// SPDX-License-Identifier: Apache-2.0
// A UART as the console's server sees it.
#pragma once

#include <cstdint>
#include <span>

#include "bus/guarded.h"
#include "host/console.h"

namespace takt {

/// `guard` stands before `uart` on the bus; both outlive the client.
template <class Uart>
[[nodiscard]] ConsoleClient uart_client(Guarded& guard, Uart& uart) {
  ConsoleClient client;
  client.tx_resume = [&guard, &uart] { guard.with([&] { uart.tx_resume(); }); };
  client.receive = [&guard, &uart](std::span<const std::uint8_t> bytes) {
    return guard.with([&] {
      std::size_t taken = 0;
      while (taken < bytes.size() && uart.receive(bytes[taken])) ++taken;
      return taken;
    });
  };
  return client;
}

}  // namespace takt
