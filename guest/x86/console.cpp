// SPDX-License-Identifier: Apache-2.0
// COM1 (16550, polled) and the debug-exit port.
#include <cstdint>
#include <string_view>

#include "common/machine.h"
#include "common/output.h"
#include "common/uart16550.h"
#include "x86/console.h"
#include "x86/cpu.h"

namespace probe::x86 {
namespace {

struct Com1 {
  static std::uint8_t read(unsigned reg) { return inb(port(reg)); }
  static void write(unsigned reg, std::uint8_t value) { outb(port(reg), value); }

 private:
  static std::uint16_t port(unsigned reg) { return static_cast<std::uint16_t>(0x3f8 + reg); }
};

constexpr std::uint16_t debug_exit = 0xf4;

}  // namespace

void start_console() { Uart16550<Com1>::start(); }

}  // namespace probe::x86

namespace probe::machine {

void write_console(std::string_view text) { put_text(text, Uart16550<x86::Com1>::put); }

void leave(std::uint8_t value) {
  x86::cli();
  x86::outb(x86::debug_exit, value);
  write_console("halted: nothing happened on port 0xf4\n");
  for (;;) asm volatile("cli; hlt");
}

}  // namespace probe::machine
