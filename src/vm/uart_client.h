// SPDX-License-Identifier: Apache-2.0
// A UART as the console's server sees it.
#pragma once

#include <cstdint>
#include <span>

#include "bus/serialized.h"
#include "host/console.h"

namespace takt {

/// `lock` stands before `uart` on the bus; both outlive the client.
template <class Uart>
[[nodiscard]] ConsoleClient uart_client(Serialized& lock, Uart& uart) {
  ConsoleClient client;
  client.tx_resume = [&lock, &uart] { lock.with([&] { uart.tx_resume(); }); };
  client.receive = [&lock, &uart](std::span<const std::uint8_t> bytes) {
    return lock.with([&] {
      std::size_t taken = 0;
      while (taken < bytes.size() && uart.receive(bytes[taken])) ++taken;
      return taken;
    });
  };
  return client;
}

}  // namespace takt
