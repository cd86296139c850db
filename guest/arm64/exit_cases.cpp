// SPDX-License-Identifier: Apache-2.0
// The kinds of exit, each between two readings of the virtual counter. README.md says who answers
// them. The CPU's cycle counter is no better: KVM gives a guest one that stands still while the
// host runs, and each reading of it is an exit.
#include <array>
#include <cstdint>
#include <span>

#include "arm64/console.h"
#include "arm64/cpu.h"
#include "arm64/entry.h"
#include "arm64/gic.h"
#include "arm64/interrupts.h"
#include "arm64/psci.h"
#include "common/machine.h"
#include "common/slow_device.h"
#include "common/wait.h"

namespace probe::arm64 {
namespace {

/// A counter of less than 1 GHz cannot tell the costs of single exits apart.
constexpr std::uint64_t coarse_batch = 64;
std::uint64_t batch() { return PROBE_READ("cntfrq_el0") < 1'000'000'000 ? coarse_batch : 1; }

/// Where a case's register is, and what was in it: a write changes nothing.
struct Target {
  std::uintptr_t at = 0;
  std::uint32_t value = 1;
  bool narrow = false;  // a byte; of the UART only
};
constinit Target target{};

template <auto operation>
std::uint64_t sample() {
  const std::uint64_t n = batch();
  const Target t = target;
  const std::uint64_t start = counter();
  for (std::uint64_t i = 0; i < n; ++i) operation(t);
  return counter() - start;
}

void nothing(const Target&) { asm volatile(""); }
void load(const Target& t) { read32(t.at); }
void store(const Target& t) { write32(t.at, t.value); }
void load_uart(const Target& t) { t.narrow ? read8(t.at) : read32(t.at); }
void store_uart(const Target& t) {
  if (!t.narrow) return write32(t.at, t.value);
  write8(t.at, static_cast<std::uint8_t>(t.value));
}
void call_psci(const Target&) { psci::version_by_hvc(); }
/// KVM traps the identification registers (HCR_EL2.TID3).
void read_id_register(const Target&) { PROBE_READ("id_aa64pfr0_el1"); }

bool always() { return true; }
bool has_hvc() { return platform().psci == PsciConduit::hvc; }

bool has_uart() {
  if (platform().console.kind == Console::Kind::none) return false;
  const Register r = idle_register();
  target = {r.at, r.bytes == 1 ? read8(r.at) : read32(r.at), r.bytes == 1};
  return true;
}

template <Range Platform::* device, std::uint32_t offset>
bool has() {
  if ((platform().*device).bytes == 0) return false;
  const std::uintptr_t at = (platform().*device).base + offset;
  target = {at, read32(at)};
  return true;
}

/// Nothing is to be read there.
bool has_eventfd() {
  target = {platform().test_eventfd.base, 1};
  return platform().test_eventfd.bytes != 0;
}

bool interrupt_pends() { return PROBE_READ("isr_el1") != 0; }

template <std::uint32_t offset>
bool has_slow() {
  target = {platform().slow.base + offset, 1};
  return platform().slow.bytes != 0 && SlowDevice{platform().slow.base}.answers();
}

/// WFI with an interrupt of this CPU's own pending all the time: it returns at once.
std::uint64_t sample_wfi() {
  mask_interrupts();
  machine::send_self_ipi();
  spin_until(interrupt_pends, machine::lost_after());
  const std::uint64_t ticks = sample<[](const Target&) { wfi(); }>();
  unmask_interrupts();
  return ticks;
}

constexpr std::uint32_t rtc_mr = 0x04;  // PL031's match register; its interrupt is masked
constexpr auto has_rtc = has<&Platform::rtc, rtc_mr>;
constexpr auto has_registers = has<&Platform::test_registers, 0>;

constexpr std::array cases{
    machine::ExitCase{"none", sample<nothing>, always, true},
    machine::ExitCase{"hvc", sample<call_psci>, has_hvc, true},
    machine::ExitCase{"sysreg", sample<read_id_register>, always, true},
    machine::ExitCase{"uart_write", sample<store_uart>, has_uart, true},
    machine::ExitCase{"uart_read", sample<load_uart>, has_uart, true},
    machine::ExitCase{"rtc_write", sample<store>, has_rtc, true},
    machine::ExitCase{"rtc_read", sample<load>, has_rtc, true},
    machine::ExitCase{"mmio_write", sample<store>, has_registers, true},
    machine::ExitCase{"mmio_read", sample<load>, has_registers, true},
    machine::ExitCase{"ioeventfd", sample<store>, has_eventfd, true},
    machine::ExitCase{"slow_post", sample<store>, has_slow<0x04>, false, true},
    machine::ExitCase{"slow_ask", sample<load>, has_slow<0x08>, false, true},
    machine::ExitCase{"slow_ring", sample<store>, has_slow<0x10>, false, true},
    machine::ExitCase{"wfi", sample_wfi, always, false},
};

}  // namespace
}  // namespace probe::arm64

namespace probe::machine {

std::span<const ExitCase> exit_cases() { return arm64::cases; }

std::uint64_t exit_batch() { return arm64::batch(); }

std::uintptr_t slow_device() { return arm64::platform().slow.base; }
std::uint32_t read_register(std::uintptr_t address) { return arm64::read32(address); }
void write_register(std::uintptr_t address, std::uint32_t value) { arm64::write32(address, value); }

}  // namespace probe::machine
