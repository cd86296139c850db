// SPDX-License-Identifier: Apache-2.0
// The kinds of exit, each between two fenced readings of the TSC. README.md says which device
// answers them under which VMM.
#include <array>
#include <cstdint>
#include <span>

#include "common/machine.h"
#include "common/slow_device.h"
#include "x86/cpu.h"

namespace probe::x86 {
namespace {

constexpr std::uint16_t uart_scr = 0x3ff;       // COM1's scratch register
constexpr std::uint16_t test_port = 0xe0;       // pc-testdev: 4 bytes, reads back what was written
constexpr std::uint16_t ioeventfd_port = 0xea;  // takt's test device: a byte written goes nowhere
constexpr std::uintptr_t test_mmio = 0xff00'0000;  // pc-testdev: 64 KiB, reads back
constexpr std::uintptr_t slow_mmio = 0xff00'1000;  // takt's slow device

constexpr std::uint32_t slow_pages = 64;

template <auto operation>
std::uint64_t sample() {
  const std::uint64_t start = rdtsc_fenced();
  operation();
  return rdtsc_fenced() - start;
}

constexpr SlowDevice slow{slow_mmio};

bool always() { return true; }

bool has_slow_device() { return slow.answers(); }

bool has_test_port() {
  outl(test_port, 0x5ca1'ab1e);
  return inl(test_port) == 0x5ca1'ab1e;
}

bool has_test_mmio() {
  write32(test_mmio, 0x5ca1'ab1e);
  return read32(test_mmio) == 0x5ca1'ab1e;
}

constexpr std::array cases{
    machine::ExitCase{"none", sample<[] {}>, always, true},
    machine::ExitCase{"pio_write", sample<[] { outb(uart_scr, 0x55); }>, always, true},
    machine::ExitCase{"pio_read", sample<[] { inb(uart_scr); }>, always, true},
    machine::ExitCase{"cpuid", sample<[] { cpuid(0); }>, always, true},
    machine::ExitCase{"pio_test_write", sample<[] { outl(test_port, 1); }>, has_test_port, true},
    machine::ExitCase{"pio_test_read", sample<[] { inl(test_port); }>, has_test_port, true},
    machine::ExitCase{"mmio_write", sample<[] { write32(test_mmio, 1); }>, has_test_mmio, true},
    machine::ExitCase{"mmio_read", sample<[] { read32(test_mmio); }>, has_test_mmio, true},
    machine::ExitCase{"ioeventfd", sample<[] { outb(ioeventfd_port, 1); }>, always, false},
    machine::ExitCase{"slow_post", sample<[] { slow.post(); }>, has_slow_device, false, true},
    machine::ExitCase{"slow_ask", sample<[] { slow.ask(); }>, has_slow_device, false, true},
    machine::ExitCase{"slow_ring", sample<[] { slow.ring(); }>, has_slow_device, false, true},
    machine::ExitCase{"slow_fault", sample<[] { slow.fault(slow_pages); }>, has_slow_device, false},
};

}  // namespace
}  // namespace probe::x86

namespace probe::machine {

std::span<const ExitCase> exit_cases() { return x86::cases; }

std::uint64_t exit_batch() { return 1; }

std::uintptr_t slow_device() { return x86::slow_mmio; }
std::uint32_t read_register(std::uintptr_t address) { return x86::read32(address); }
void write_register(std::uintptr_t address, std::uint32_t value) { x86::write32(address, value); }

}  // namespace probe::machine
