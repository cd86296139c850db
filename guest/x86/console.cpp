// SPDX-License-Identifier: Apache-2.0
// COM1 (16550, polled) and the debug-exit port.
#include <cstdint>
#include <string_view>

#include "common/machine.h"
#include "x86/console.h"
#include "x86/cpu.h"

namespace probe::x86 {
namespace {

constexpr std::uint16_t com1 = 0x3f8;
constexpr std::uint16_t thr = com1 + 0;  // DLL while DLAB is set
constexpr std::uint16_t ier = com1 + 1;  // DLM while DLAB is set
constexpr std::uint16_t fcr = com1 + 2;
constexpr std::uint16_t lcr = com1 + 3;
constexpr std::uint16_t mcr = com1 + 4;
constexpr std::uint16_t lsr = com1 + 5;
constexpr std::uint8_t lcr_dlab = 0x80;
constexpr std::uint8_t lcr_8n1 = 0x03;
constexpr std::uint8_t fcr_enable_and_clear = 0x07;
constexpr std::uint8_t mcr_dtr_rts = 0x03;
constexpr std::uint8_t lsr_thre = 0x20;
constexpr unsigned thre_polls = 1'000'000;  // then the byte is sent regardless

constexpr std::uint16_t debug_exit = 0xf4;

void put(char c) {
  for (unsigned i = 0; i < thre_polls && (inb(lsr) & lsr_thre) == 0; ++i) pause();
  outb(thr, static_cast<std::uint8_t>(c));
}

}  // namespace

void start_console() {
  outb(ier, 0);
  outb(lcr, lcr_dlab);
  outb(thr, 1);  // 115200 baud
  outb(ier, 0);
  outb(lcr, lcr_8n1);
  outb(fcr, fcr_enable_and_clear);
  outb(mcr, mcr_dtr_rts);
}

}  // namespace probe::x86

namespace probe::machine {

void write_console(std::string_view text) {
  for (const char c : text) {
    if (c == '\n') x86::put('\r');
    x86::put(c);
  }
}

void leave(std::uint8_t value) {
  x86::cli();
  x86::outb(x86::debug_exit, value);
  write_console("halted: nothing happened on port 0xf4\n");
  for (;;) asm volatile("cli; hlt");
}

}  // namespace probe::machine
