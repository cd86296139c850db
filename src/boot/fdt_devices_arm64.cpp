// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "boot/fdt_parts_arm64.h"

namespace takt::fdt {
namespace {

constexpr std::uint32_t power_button_line = 3;
constexpr std::uint32_t key_power = 116;  // linux,code: KEY_POWER of linux/input-event-codes.h

/// reg and interrupts: GIC, SPI, level, active high.
void add_registers(FdtWriter& fdt, const FdtDevice& device) {
  fdt.reg(device.registers);
  fdt.cells("interrupts", {irq_spi, device.irq.raw(), irq_level_high});
}

/// primecell.yaml: devices that carry an id of their own; they have a bus clock.
void add_primecell(FdtWriter& fdt, const char* compatible, const FdtDevice& device) {
  fdt.texts("compatible", {compatible, "arm,primecell"});
  add_registers(fdt, device);
}

void add_bus_clock(FdtWriter& fdt) {
  fdt.cells("clocks", {FdtWriter::ref(clock_phandle)});
  fdt.text("clock-names", "apb_pclk");
}

/// fixed-clock.yaml: what the PrimeCells run on.
void add_clock(FdtWriter& fdt) {
  const auto node = fdt.node("apb-pclk");
  fdt.text("compatible", "fixed-clock");
  fdt.phandle(clock_phandle);
  fdt.u32("#clock-cells", 0);
  fdt.u32("clock-frequency", 24'000'000);
  fdt.text("clock-output-names", "clk24mhz");
}

/// pl011.yaml
void add(FdtWriter& fdt, const FdtPl011& uart) {
  const auto node = fdt.node("serial", uart.device.registers.start.raw());
  add_primecell(fdt, "arm,pl011", uart.device);
  fdt.cells("clocks", {FdtWriter::ref(clock_phandle), FdtWriter::ref(clock_phandle)});
  fdt.texts("clock-names", {"uartclk", "apb_pclk"});
}

/// 8250.yaml
void add(FdtWriter& fdt, const FdtNs16550a& uart) {
  const auto node = fdt.node("serial", uart.device.registers.start.raw());
  fdt.text("compatible", "ns16550a");
  add_registers(fdt, uart.device);
  fdt.u32("reg-shift", uart.reg_shift);
  fdt.u32("reg-io-width", uart.reg_io_width);
  fdt.u32("clock-frequency", uart.clock_hz);
}

/// arm,pl031.yaml
void add_pl031(FdtWriter& fdt, const FdtDevice& rtc) {
  const auto node = fdt.node("rtc", rtc.registers.start.raw());
  add_primecell(fdt, "arm,pl031", rtc);
  add_bus_clock(fdt);
}

/// pl061-gpio.yaml
void add_pl061(FdtWriter& fdt, const FdtDevice& gpio) {
  const auto node = fdt.node("gpio", gpio.registers.start.raw());
  add_primecell(fdt, "arm,pl061", gpio);
  add_bus_clock(fdt);
  fdt.phandle(gpio_phandle);
  fdt.flag("gpio-controller");
  fdt.u32("#gpio-cells", 2);
  fdt.flag("interrupt-controller");
  fdt.u32("#interrupt-cells", 2);
  fdt.u32("#address-cells", 0);
}

/// gpio-keys.yaml
void add_power_button(FdtWriter& fdt) {
  constexpr std::uint32_t active_high = 0;
  const auto keys = fdt.node("gpio-keys");
  fdt.text("compatible", "gpio-keys");
  const auto button = fdt.node("power-button");
  fdt.text("label", "power button");
  fdt.u32("linux,code", key_power);
  fdt.cells("gpios", {FdtWriter::ref(gpio_phandle), power_button_line, active_high});
}

/// virtio/mmio.yaml
void add_virtio_mmio(FdtWriter& fdt, const FdtDevice& device) {
  const auto node = fdt.node("virtio", device.registers.start.raw());
  fdt.text("compatible", "virtio,mmio");
  add_registers(fdt, device);
  fdt.flag("dma-coherent");
}

/// "debug-exit" of "takt,debug-exit".
std::string_view generic_name(std::string_view compatible) {
  return compatible.substr(compatible.find(',') + 1);
}

}  // namespace

void add_devices(FdtWriter& fdt, const FdtConfig& config) {
  add_clock(fdt);
  std::visit([&](const auto& uart) { add(fdt, uart); }, config.uart);
  if (config.pl031) add_pl031(fdt, *config.pl031);
  if (config.pl061) {
    add_pl061(fdt, *config.pl061);
    add_power_button(fdt);
  }
  for (const FdtDevice& device : config.virtio_mmio) add_virtio_mmio(fdt, device);
  for (const FdtNode& extra : config.extra) {
    const auto node = fdt.node(generic_name(extra.compatible), extra.registers.start.raw());
    fdt.text("compatible", extra.compatible);
    fdt.reg(extra.registers);
  }
}

std::string uart_path(const FdtConfig& config) {
  const Gpa at =
      std::visit([](const auto& uart) { return uart.device.registers.start; }, config.uart);
  return fmt::format("/serial@{:x}", at.raw());
}

}  // namespace takt::fdt
