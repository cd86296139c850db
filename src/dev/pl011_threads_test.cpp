// SPDX-License-Identifier: Apache-2.0
// The model behind bus/serialized.h, as the board puts it: a vCPU and the host's side at once.
#include <gtest/gtest.h>

#include <thread>

#include "bus/serialized.h"
#include "dev/fakes.h"
#include "dev/pl011.h"

namespace takt {
namespace {

TEST(Pl011Threads, GuestAndHostThreadMoveEveryCharacterOnce) {
  constexpr unsigned total = 500;
  fakes::RecordingIrqSink line;
  fakes::RecordingByteSink sink;
  LevelIrq irq{line};
  Pl011 uart{irq, sink};
  Serialized device{uart};
  std::thread host{[&] {
    for (unsigned sent = 0; sent < total; std::this_thread::yield())
      sent += device.with([&] { return uart.receive(static_cast<std::uint8_t>(sent)); }) ? 1 : 0;
  }};
  for (unsigned seen = 0; seen < total; std::this_thread::yield()) {
    if ((fakes::in32(device, 0x18) & 0x10) != 0) continue;
    EXPECT_EQ(fakes::in32(device, 0), seen++ & 0xff);
  }
  host.join();
  EXPECT_EQ(uart.counters().rx_lost, 0u);
}

}  // namespace
}  // namespace takt
