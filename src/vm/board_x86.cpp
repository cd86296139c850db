// SPDX-License-Identifier: Apache-2.0
// The x86 board's devices.
#include <array>
#include <vector>

#include "bus/serialized.h"
#include "dev/acpi_pm.h"
#include "dev/debug_console.h"
#include "dev/debug_exit.h"
#include "dev/i8042.h"
#include "dev/rtc_cmos.h"
#include "dev/test_device.h"
#include "dev/uart16550.h"
#include "host/system_clock.h"
#include "host/x86_host.h"
#include "kvm/cpuid_x86.h"
#include "kvm/irq_line.h"
#include "kvm/irqchip_x86.h"
#include "vm/board.h"
#include "vm/boot_x86.h"
#include "vm/layout_x86.h"
#include "vm/uart_client.h"

namespace takt {
namespace {

class BoardX86 : public Board {
 public:
  BoardX86(kvm::VmFd& vm, const BoardWiring& wiring)
      : com1_pin_{vm, layout::com1_gsi},
        com1_irq_{com1_pin_},
        uart16550_{com1_irq_, wiring.console},
        rtc_cmos_{clock_},
        i8042_{wiring.control},
        acpi_pm_{wiring.control},
        debug_exit_{wiring.control} {
    if (wiring.debug_console != nullptr)
      debug_console_ = std::make_unique<DebugPort>(*wiring.debug_console);
  }

  [[nodiscard]] PioBus& pio() override { return pio_; }
  [[nodiscard]] MmioBus& mmio() override { return mmio_; }
  [[nodiscard]] ConsoleClient console_client() override { return uart_client(com1_, uart16550_); }
  [[nodiscard]] std::vector<BoardFact> facts() const override;
  [[nodiscard]] Result<> prepare_boot(const VmConfig& config, const PayloadFiles& files,
                                      const GuestMem& mem,
                                      std::span<const kvm::VcpuFd> vcpus) override {
    return boot_x86(config, files, mem, vcpus.front());
  }

  Result<> build_tables(bool with_testdev);
  Result<> add_test_eventfd(kvm::VmFd& vm);

 private:
  struct DebugPort {
    explicit DebugPort(ByteSink& sink) : model{sink} {}
    DebugConsole model;
    Serialized port{model};  // the sink takes one producer
  };

  template <class Model, class A>
  static Region<A> at(A start, Device& on_bus, const Model&) {
    return {start, Model::region_bytes, &on_bus, Model::widest};
  }

  SystemClock clock_;
  kvm::IrqLine com1_pin_;
  LevelIrq com1_irq_;
  Uart16550 uart16550_;
  RtcCmos rtc_cmos_;
  I8042 i8042_;
  AcpiPm acpi_pm_;
  DebugExit debug_exit_;
  Serialized com1_{uart16550_};
  Serialized rtc_{rtc_cmos_};
  Serialized keyboard_{i8042_};
  Serialized power_{acpi_pm_};
  std::unique_ptr<DebugPort> debug_console_;
  ScratchRegisters test_registers_;
  ScratchRegisters test_port_;
  Fd test_event_;

  Table<Port> pio_table_;
  Table<Gpa> mmio_table_;
  PioBus pio_;
  MmioBus mmio_;
};

Result<> BoardX86::build_tables(bool with_testdev) {
  // clang-format off
  std::vector<Region<Port>> pio{
      // at                  on the bus    model
      at(layout::i8042,      keyboard_,    i8042_),
      at(layout::rtc,        rtc_,         rtc_cmos_),
      at(layout::debug_exit, debug_exit_,  debug_exit_),
      at(layout::com1,       com1_,        uart16550_),
      at(layout::acpi_pm,    power_,       acpi_pm_),
  };
  // clang-format on
  std::vector<Region<Gpa>> mmio;
  if (debug_console_)
    pio.push_back(at(layout::debug_console, debug_console_->port, debug_console_->model));
  if (with_testdev) {
    pio.push_back({layout::test_port, 4, &test_port_, Width::b4});
    mmio.push_back(at(layout::test_registers, test_registers_, test_registers_));
  }
  TRY(pio_table_, Table<Port>::create("pio", pio));
  TRY(mmio_table_, Table<Gpa>::create("mmio", mmio));
  pio_.publish(pio_table_);
  mmio_.publish(mmio_table_);
  return {};
}

Result<> BoardX86::add_test_eventfd(kvm::VmFd& vm) {
  TRY(test_event_, make_eventfd());
  return vm.add_eventfd(layout::test_eventfd, Width::b1, test_event_);
}

std::vector<BoardFact> BoardX86::facts() const {
  return {{"apic_virtualization", x86_host::has_apicv() ? "yes" : "no"},
          {"invariant_tsc", x86_host::tsc_is_invariant() ? "yes" : "no"}};
}

}  // namespace

Result<unsigned long> vm_type(const VmConfig&, const kvm::System&) { return 0; }

Result<std::unique_ptr<Board>> create_board(const VmConfig& config, kvm::VmFd& vm,
                                            const BoardWiring& wiring) {
  auto board = std::make_unique<BoardX86>(vm, wiring);
  TRY_VOID(board->build_tables(config.testdev));
  if (config.testdev) TRY_VOID(board->add_test_eventfd(vm));
  return board;
}

Result<> set_up_vm(const VmConfig& config, kvm::VmFd& vm) {
  TRY_VOID(kvm::create_irqchip(vm));
  if (config.pit) TRY_VOID(kvm::create_pit(vm));
  return {};
}

std::vector<RamRegion> ram_regions(std::span<std::byte> ram) {
  if (ram.size() <= layout::low_ram_max) return {{layout::low_ram, ram}};
  return {{layout::low_ram, ram.first(layout::low_ram_max)},
          {layout::high_ram, ram.subspan(layout::low_ram_max)}};
}

}  // namespace takt
