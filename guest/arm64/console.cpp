// SPDX-License-Identifier: Apache-2.0
// The UART (PL011 or 16550, polled) and the ways out: the debug-exit register and PSCI.
#include "arm64/console.h"

#include <string_view>

#include "arm64/cpu.h"
#include "arm64/entry.h"
#include "arm64/psci.h"
#include "common/machine.h"
#include "common/output.h"
#include "common/uart16550.h"

namespace probe::arm64 {
namespace {

constinit bool started = false;

/// Arm DDI 0183, PrimeCell UART (PL011), 3.2.
struct Pl011 {
  static constexpr std::uint32_t dr = 0x00;
  static constexpr std::uint32_t fr = 0x18;
  static constexpr std::uint32_t ibrd = 0x24;
  static constexpr std::uint32_t lcr_h = 0x2c;
  static constexpr std::uint32_t cr = 0x30;
  static constexpr std::uint32_t imsc = 0x38;
  static constexpr std::uint32_t fr_txff = 1u << 5;
  static constexpr std::uint32_t lcr_h_8n1_fifo = 0x70;
  static constexpr std::uint32_t cr_enable_both_ways = 0x301;
  static constexpr unsigned txff_polls = 1'000'000;  // then the byte is sent regardless

  static std::uintptr_t at(std::uint32_t reg) { return platform().console.at.base + reg; }

  static void start() {
    write32(at(cr), 0);
    write32(at(imsc), 0);
    write32(at(lcr_h), lcr_h_8n1_fifo);
    write32(at(cr), cr_enable_both_ways);
  }
  static void put(char c) {
    for (unsigned i = 0; i < txff_polls && (read32(at(fr)) & fr_txff) != 0; ++i) yield();
    write32(at(dr), static_cast<std::uint8_t>(c));
  }
};

struct MmioPort {
  static std::uintptr_t at(unsigned reg) {
    const Console& console = platform().console;
    return console.at.base + (std::uintptr_t{reg} << console.reg_shift);
  }
  static bool wide() { return platform().console.reg_bytes == 4; }
  static std::uint8_t read(unsigned reg) {
    return wide() ? static_cast<std::uint8_t>(read32(at(reg))) : read8(at(reg));
  }
  static void write(unsigned reg, std::uint8_t value) {
    if (wide()) return write32(at(reg), value);
    write8(at(reg), value);
  }
};
using Ns16550 = Uart16550<MmioPort>;

bool is_pl011() { return platform().console.kind == Console::Kind::pl011; }

void leave_by_psci(std::uint8_t value) {
  if (value == 0) return psci::system_off();
  psci::system_reset();
}

}  // namespace

void start_console() {
  if (platform().console.kind == Console::Kind::none) return;
  is_pl011() ? Pl011::start() : Ns16550::start();
  started = true;
}

Register idle_register() {
  if (is_pl011()) return {Pl011::at(Pl011::ibrd), 4};
  return {MmioPort::at(Ns16550::scr), platform().console.reg_bytes};
}

}  // namespace probe::arm64

namespace probe::machine {

void write_console(std::string_view text) {
  using namespace arm64;
  if (!started) return;
  put_text(text, is_pl011() ? Pl011::put : Ns16550::put);
}

void leave(std::uint8_t value) {
  using namespace arm64;
  mask_interrupts();
  if (platform().debug_exit.bytes != 0) write32(platform().debug_exit.base, value);
  leave_by_psci(value);
  write_console("halted: neither debug-exit nor PSCI ended the machine\n");
  for (;;) wfi();
}

}  // namespace probe::machine
